import type { Spec } from '@sbmcrm/spec';
import { hostsWith, type Topology } from '@sbmcrm/topology';
import { failures, latency, METRICS, requests } from './metrics.ts';

export type Severity = 'critical' | 'warning';

/** When somebody is told, and what. */
export interface Alert {
  /** As docs/runbooks/alerts.md has it. */
  name: string;
  severity: Severity;
  /** Holds where it has a value; each series of it is an alert of its own. */
  when: string;
  /** How long it has to hold, in milliseconds. */
  forMs: number;
  /** How long it is told after it held last, in milliseconds: what lasts a moment is to be seen, too. */
  keepMs?: number;
  /** In one line, with what Prometheus fills in. */
  text: string;
  /** What tells one from the next of the same name. */
  labels?: Readonly<Record<string, string>>;
  /** Larger losses that say it, too: while one of them holds nobody is told of this one besides. */
  follows?: readonly { alert: string; same?: 'host' }[];
}

/** Holds always: where it does not come any more nobody would be told of anything. */
export const WATCHDOG = 'Watchdog';

const ZONE = [{ alert: 'ZoneDown' }] as const;
const HOST = [...ZONE, { alert: 'HostDown', same: 'host' }] as const;

/** What is seen once may be a start, or a scrape that came between. */
const SEEN_TWICE_MS = 2000;
/** Longer than a restart that somebody wanted takes. */
const SETTLED_MS = 15_000;
/** A peak of some seconds is nobody's business. */
const LASTING_MS = 60_000;
/** A failover is over within seconds. */
const TOLD_MS = 300_000;
/** Looks back over a failed scrape or two; a failover before that was told. */
const BEFORE = '1m';
/** Requests within the window of an error rate: one of three says nothing. */
const FEWEST_REQUESTS = 10;
/** As {@link requests} and {@link failures} look back, in seconds. */
const WINDOW_S = 30;

const queryOf = (name: string) => METRICS.find((each) => each.name === name)?.query ?? '';
const value = (unit: string) => `{{ $value | printf "%.1f" }}${unit}`;
const seconds = (milliseconds: number) => milliseconds / 1000;

/**
 * Every alert of the guide with the spec's thresholds, and what tells of the next failure that would hurt. Pure.
 *
 * The guide names no durations. What wakes somebody up is told at once; a warning has to hold for a minute.
 */
export function alertsOf(spec: Spec, topology: Topology): Alert[] {
  const { critical, warning } = spec.alerts;
  const voters = hostsWith(topology, 'etcd').length;
  return [
    ...(critical.databaseFailover
      ? [
          {
            name: 'DatabaseFailover',
            severity: 'critical' as const,
            // Each promotion begins a timeline.
            when: `max(patroni_postgres_timeline) > max(max_over_time(patroni_postgres_timeline[${BEFORE}] offset 10s))`,
            forMs: 0,
            keepMs: TOLD_MS,
            text: 'the database failed over: it is on timeline {{ $value }} now',
            // A second failover soon after is told as well.
            labels: { timeline: '{{ $value }}' },
            follows: ZONE,
          },
        ]
      : []),
    ...(critical.allApiServersDown
      ? [
          {
            name: 'AllApiServersDown',
            severity: 'critical' as const,
            when: 'max(haproxy_backend_active_servers{proxy="api-any"}) == 0',
            forMs: SEEN_TWICE_MS,
            text: 'no API server answers any load balancer',
          },
        ]
      : []),
    {
      name: 'ZoneDown',
      severity: 'critical',
      when: 'max by (zone) (sbmcrm_host_running) == 0',
      forMs: SEEN_TWICE_MS,
      text: 'zone {{ $labels.zone }} is lost: none of its hosts runs, or nobody hears them',
    },
    {
      name: 'EntryDown',
      severity: 'critical',
      when: 'absent(haproxy_frontend_http_requests_total{proxy="http"})',
      forMs: SETTLED_MS,
      text: 'no load balancer answers: nobody reaches the CRM',
    },
    {
      name: 'HighErrorRate',
      severity: 'critical',
      when: `100 * ${failures} / (${requests} > ${FEWEST_REQUESTS / WINDOW_S}) > ${critical.errorRate}`,
      forMs: 0,
      text: `${value(' %')} of the requests fail (more than ${critical.errorRate} %)`,
    },
    {
      name: 'ReplicationLag',
      severity: 'critical',
      when: `sbmcrm_replication_lag_seconds > ${seconds(critical.replicationLag)}`,
      forMs: SEEN_TWICE_MS,
      text: `{{ $labels.host }} is ${value(' s')} behind the primary (more than ${seconds(critical.replicationLag)} s)`,
    },
    {
      name: 'HighCpu',
      severity: 'warning',
      when: `${queryOf('cpu')} > ${warning.cpu}`,
      forMs: LASTING_MS,
      text: `{{ $labels.host }} uses ${value(' %')} of its processors (more than ${warning.cpu} %)`,
    },
    {
      name: 'HighMemory',
      severity: 'warning',
      when: `${queryOf('memory')} > ${warning.memory}`,
      forMs: LASTING_MS,
      text: `{{ $labels.host }} uses ${value(' %')} of its memory (more than ${warning.memory} %)`,
    },
    {
      name: 'DiskFilling',
      severity: 'warning',
      when: `${queryOf('disk')} > ${warning.disk}`,
      forMs: LASTING_MS,
      text: `the disk of {{ $labels.host }} is ${value(' %')} full (more than ${warning.disk} %)`,
    },
    {
      name: 'SlowResponses',
      severity: 'warning',
      when: `(${latency(0.95)}) > ${seconds(warning.p95)}`,
      forMs: LASTING_MS,
      text: `5 % of the responses take more than ${value(' s')} (${seconds(warning.p95)} s)`,
    },
    {
      name: 'HostDown',
      severity: 'warning',
      when: 'sbmcrm_host_running == 0',
      forMs: SETTLED_MS,
      text: '{{ $labels.host }} does not run, or nobody hears it: the next failure beside it hurts',
      follows: ZONE,
    },
    {
      name: 'DatabaseServerDown',
      severity: 'warning',
      when: 'patroni_postgres_running == 0',
      forMs: SETTLED_MS,
      text: 'PostgreSQL on {{ $labels.host }} does not run, though Patroni does',
      follows: HOST,
    },
    {
      name: 'CacheCopyMissing',
      severity: 'warning',
      when: '(sum(redis_connected_slaves) or vector(0)) < 1',
      forMs: SETTLED_MS,
      text: 'the cache has no copy: the next failure of it is an empty cache',
      follows: ZONE,
    },
    {
      name: 'EtcdQuorumAtRisk',
      severity: 'warning',
      // Of one or two members none may be lost in any case.
      when: `(sum(etcd_server_has_leader) or vector(0)) <= ${Math.floor(voters / 2) + (voters > 2 ? 1 : 0)}`,
      forMs: SETTLED_MS,
      text: `{{ $value }} of ${voters} members of etcd see a leader: without one more of them nobody can take over`,
      follows: ZONE,
    },
    ...(spec.database.replicationMode === 'sync'
      ? [
          {
            name: 'DatabaseUnprotected',
            severity: 'critical' as const,
            when: 'sum(patroni_sync_standby) == 0',
            forMs: SETTLED_MS,
            text: 'no synchronous standby: what is acknowledged now is on one host only',
            follows: ZONE,
          },
        ]
      : []),
    {
      name: 'TargetMissing',
      severity: 'warning',
      when: 'up == 0',
      forMs: LASTING_MS,
      text: '{{ $labels.job }} on {{ $labels.host }} tells nothing: what happens there is not seen',
      follows: HOST,
    },
  ];
}
