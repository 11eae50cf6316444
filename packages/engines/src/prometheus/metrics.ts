import { entryFailures, entryRequests } from './entry.ts';

/** A figure of the guide's "Key Metrics", and what Prometheus is asked for it. */
export interface Metric {
  /** As `sbmcrm metrics` takes it. */
  name: string;
  group: 'application' | 'infrastructure' | 'database' | 'cache';
  about: string;
  unit: 'requests/s' | 'statements/s' | '%' | 'seconds' | 'bytes' | 'bytes/s' | 'connections' | 'yes/no' | 'copies';
  /** What tells its series apart; empty: there is one. */
  by: readonly ('host' | 'network')[];
  query: string;
}

/** Long enough for three looks at what is looked at least often by default. */
const OVER = '30s';

export const requests = entryRequests('rate', OVER);
export const failures = entryFailures('rate', OVER);

/** Of what the API servers answer, but for the questions of load balancers. */
export const BY_CLIENTS = 'route!~"/health|/livez|/readyz|/metrics"';
const ANSWERS = `http_request_duration_seconds_bucket{${BY_CLIENTS}}`;
export const latency = (share: number) =>
  `histogram_quantile(${share}, sum by (le) (rate(${ANSWERS}[${OVER}]))) > 0 or vector(0)`;

const statements = (what: string) => `sum by (host) (rate(pg_stat_statements_${what}_total[${OVER}]))`;

/** Every metric of the guide, in its order. */
export const METRICS: readonly Metric[] = [
  {
    name: 'request-rate',
    group: 'application',
    about: 'Requests at the public entry, but for those that ask for the health.',
    unit: 'requests/s',
    by: [],
    query: requests,
  },
  {
    name: 'error-rate',
    group: 'application',
    about: 'Of them those that ended with a 5xx, refusals included.',
    unit: '%',
    by: [],
    query: `100 * ${failures} / (${requests} > 0) or vector(0)`,
  },
  ...([50, 95, 99] as const).map((percentile) => ({
    name: `response-time-p${percentile}`,
    group: 'application' as const,
    about: `Time to answer, which ${percentile} % of the requests do not exceed; measured in the API servers.`,
    unit: 'seconds' as const,
    by: [],
    query: latency(percentile / 100),
  })),
  {
    name: 'active-connections',
    group: 'application',
    about: 'Clients’ connections at the public entry.',
    unit: 'connections',
    by: [],
    query: `sum(haproxy_frontend_current_sessions{proxy="http"})`,
  },
  {
    name: 'cpu',
    group: 'infrastructure',
    about: 'Processor time in use, of what the host may have.',
    unit: '%',
    by: ['host'],
    query: `100 * rate(sbmcrm_host_cpu_seconds_total[${OVER}]) / sbmcrm_host_cpus`,
  },
  {
    name: 'memory',
    group: 'infrastructure',
    about: 'Memory in use without caches, of the host’s limit.',
    unit: '%',
    by: ['host'],
    query: '100 * sbmcrm_host_memory_bytes / sbmcrm_host_memory_limit_bytes',
  },
  {
    name: 'disk',
    group: 'infrastructure',
    about: 'What is taken on the host’s disk.',
    unit: '%',
    by: ['host'],
    query: '100 * (1 - sbmcrm_host_disk_free_bytes / sbmcrm_host_disk_size_bytes)',
  },
  ...(['read', 'written'] as const).map((what) => ({
    name: `disk-${what}`,
    group: 'infrastructure' as const,
    about: what === 'read' ? 'Read from the host’s disk.' : 'Written to the host’s disk.',
    unit: 'bytes/s' as const,
    by: ['host'] as const,
    query: `rate(sbmcrm_host_disk_${what}_bytes_total[${OVER}])`,
  })),
  ...(['receive', 'transmit'] as const).map((what) => ({
    name: `network-${what}`,
    group: 'infrastructure' as const,
    about: what === 'receive' ? 'Received by the host.' : 'Sent by the host.',
    unit: 'bytes/s' as const,
    by: ['host', 'network'] as const,
    query: `rate(sbmcrm_host_network_${what}_bytes_total[${OVER}])`,
  })),
  {
    name: 'database-connections',
    group: 'database',
    about: 'Sessions at a server.',
    unit: 'connections',
    by: ['host'],
    query: 'sum by (host) (pg_stat_activity_count)',
  },
  {
    name: 'query-rate',
    group: 'database',
    about: 'Statements that a server ran.',
    unit: 'statements/s',
    by: ['host'],
    query: statements('calls'),
  },
  {
    name: 'query-time',
    group: 'database',
    about: 'Mean time of a statement on a server.',
    unit: 'seconds',
    by: ['host'],
    query: `${statements('seconds')} / (${statements('calls')} > 0) or 0 * ${statements('calls')}`,
  },
  {
    name: 'replication-lag',
    group: 'database',
    about: 'How long ago a server received what it shows, measured there.',
    unit: 'seconds',
    by: ['host'],
    query: 'sbmcrm_replication_lag_seconds',
  },
  {
    name: 'replication-lag-bytes',
    group: 'database',
    about: 'What a server received and does not show yet.',
    unit: 'bytes',
    by: ['host'],
    query: 'sbmcrm_replication_lag_bytes',
  },
  {
    name: 'primary',
    group: 'database',
    about: 'Whether a server is the primary: 1, else 0.',
    unit: 'yes/no',
    by: ['host'],
    query: 'patroni_primary',
  },
  {
    name: 'cache-hit-rate',
    group: 'cache',
    about: 'Look-ups in the cache that found something; 100 without any.',
    unit: '%',
    by: [],
    query:
      `100 * sum(rate(redis_keyspace_hits_total[${OVER}])) / (sum(rate(redis_keyspace_hits_total[${OVER}])) + ` +
      `sum(rate(redis_keyspace_misses_total[${OVER}])) > 0) or vector(100)`,
  },
  {
    name: 'cache-memory',
    group: 'cache',
    about: 'Memory that the cache’s data take, of what they may.',
    unit: '%',
    by: ['host'],
    query: '100 * redis_memory_used_bytes / (redis_memory_max_bytes > 0)',
  },
  {
    name: 'cache-connections',
    group: 'cache',
    about: 'Clients of the cache.',
    unit: 'connections',
    by: ['host'],
    query: 'redis_connected_clients',
  },
  {
    name: 'cache-replication',
    group: 'cache',
    about: 'Copies that follow the cache’s primary.',
    unit: 'copies',
    by: [],
    query: 'sum(redis_connected_slaves)',
  },
];
