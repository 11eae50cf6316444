import { stringify } from 'yaml';

/** A scene for Prometheus' own tests of rules: what was seen every two seconds, and which alerts hold when. */
interface Scene {
  alert: string;
  /** In promtool's notation: `1x60 2x60` is sixty-one times 1, then sixty-one times 2. */
  seen: Record<string, string>;
  /** At these times, in seconds, it does not hold, and at that one it does. */
  not: readonly number[];
  at: number;
  /** What is told then. */
  text: string;
  labels?: Record<string, string>;
  severity: 'critical' | 'warning';
}

const HOST = { host: 'x', zone: 'a' };
const series = (name: string, labels: Record<string, string> = HOST) =>
  `${name}{${Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join(',')}}`;

/** Requests at the entry, and from a minute on so many of twenty that fail. */
const failing = (each: number) => ({
  [series('haproxy_frontend_http_requests_total', { proxy: 'http' })]: '0+20x120',
  [series('haproxy_frontend_http_responses_total', { proxy: 'http', code: '5xx' })]: `0x60 ${each}+${each}x60`,
});

/** When certificates end in the scenes, in milliseconds from their beginning: a minute more than is told of. */
export const CERTIFICATES_END_MS = 30 * 86_400_000 + 60_000;

/** With the default spec's thresholds, and a synchronous standby. */
const SCENES: readonly Scene[] = [
  {
    alert: 'DatabaseFailover',
    seen: { [series('patroni_postgres_timeline')]: '1x60 2x60 2x60' },
    not: [60, 120],
    at: 124,
    text: 'the database failed over: it is on timeline 2 now',
    labels: { timeline: '2' },
    severity: 'critical',
  },
  {
    alert: 'AllApiServersDown',
    seen: {
      [series('haproxy_backend_active_servers', { host: 'lb-a', proxy: 'api-any' })]: '2x10 0x30',
      [series('haproxy_backend_active_servers', { host: 'lb-b', proxy: 'api-any' })]: '2x15 0x30',
    },
    not: [10, 28, 32],
    at: 36,
    text: 'no API server answers any load balancer',
    severity: 'critical',
  },
  {
    alert: 'HighErrorRate',
    seen: {
      // Five of those that ask for the health hear that it is bad, all along: they are no requests that fail.
      [series('haproxy_frontend_http_requests_total', { proxy: 'http' })]: '0+25x121',
      [series('haproxy_backend_http_requests_total', { proxy: 'health' })]: '0+5x121',
      [series('haproxy_frontend_http_responses_total', { proxy: 'http', code: '5xx' })]: '0+5.5x60 335+7x60',
      [series('haproxy_backend_http_responses_total', { proxy: 'health', code: '5xx' })]: '0+5x121',
    },
    not: [60, 120],
    at: 180,
    text: '10.0 % of the requests fail (more than 5 %)',
    severity: 'critical',
  },
  {
    alert: 'ReplicationLag',
    seen: { [series('sbmcrm_replication_lag_seconds')]: '10x10 12.34x10' },
    not: [10, 20, 22],
    at: 26,
    text: 'x is 12.3 s behind the primary (more than 10 s)',
    labels: HOST,
    severity: 'critical',
  },
  {
    alert: 'HighCpu',
    seen: { [series('sbmcrm_host_cpu_seconds_total')]: '0+1.6x120', [series('sbmcrm_host_cpus')]: '1x120' },
    not: [60],
    at: 120,
    text: 'x uses 80.0 % of its processors (more than 70 %)',
    labels: HOST,
    severity: 'warning',
  },
  {
    alert: 'HighMemory',
    seen: { [series('sbmcrm_host_memory_bytes')]: '90x60', [series('sbmcrm_host_memory_limit_bytes')]: '100x60' },
    not: [30],
    at: 62,
    text: 'x uses 90.0 % of its memory (more than 80 %)',
    labels: HOST,
    severity: 'warning',
  },
  {
    alert: 'DiskFilling',
    seen: { [series('sbmcrm_host_disk_free_bytes')]: '10x60', [series('sbmcrm_host_disk_size_bytes')]: '100x60' },
    not: [30],
    at: 62,
    text: 'the disk of x is 90.0 % full (more than 85 %)',
    labels: HOST,
    severity: 'warning',
  },
  {
    alert: 'SlowResponses',
    seen: Object.fromEntries(
      [
        ['1', '0+0x120'],
        ['2.5', '0+20x120'],
        ['+Inf', '0+20x120'],
      ].map(([le = '', values = '']) => [
        series('http_request_duration_seconds_bucket', { le, route: '/api/v1/customers' }),
        values,
      ]),
    ),
    not: [30],
    at: 120,
    text: '5 % of the responses take more than 2.4 s (1 s)',
    severity: 'warning',
  },
  {
    alert: 'ZoneDown',
    seen: {
      [series('sbmcrm_host_running', { host: 'x', zone: 'a' })]: '1x10 0x30',
      [series('sbmcrm_host_running', { host: 'y', zone: 'a' })]: '1x15 0x30',
      [series('sbmcrm_host_running', { host: 'z', zone: 'b' })]: '1x40',
    },
    not: [28],
    at: 70,
    text: 'zone a is lost: none of its hosts runs, or nobody hears them',
    labels: { zone: 'a' },
    severity: 'critical',
  },
  {
    alert: 'EntryDown',
    seen: { [series('haproxy_frontend_http_requests_total', { proxy: 'http' })]: '0+1x10 stale' },
    not: [20, 30],
    at: 40,
    text: 'no load balancer answers: nobody reaches the CRM',
    labels: { proxy: 'http' },
    severity: 'critical',
  },
  {
    alert: 'AddressUnheld',
    seen: {
      [series('up', { host: 'cloud', job: 'hosts-state' })]: '1x60',
      [series('sbmcrm_floating_address', { host: 'lb-a', address: '10.77.0.10' })]: '1x10 stale',
    },
    not: [20, 30],
    at: 40,
    text: 'no load balancer holds the public address: nobody reaches the CRM',
    severity: 'critical',
  },
  {
    alert: 'HostDown',
    seen: { [series('sbmcrm_host_running')]: '1x10 0x30' },
    not: [20, 30],
    at: 40,
    text: 'x does not run, or nobody hears it: the next failure beside it hurts',
    labels: HOST,
    severity: 'warning',
  },
  {
    alert: 'DatabaseServerDown',
    seen: { [series('patroni_postgres_running')]: '1x10 0x30' },
    not: [20, 30],
    at: 40,
    text: 'PostgreSQL on x does not run, though Patroni does',
    labels: HOST,
    severity: 'warning',
  },
  {
    alert: 'StandbyMissing',
    seen: {
      [series('patroni_replica', { host: 'postgres-a' })]: '0x40',
      [series('patroni_replica', { host: 'postgres-b' })]: '1x40',
      [series('patroni_postgres_streaming', { host: 'postgres-a' })]: '0x40',
      [series('patroni_postgres_streaming', { host: 'postgres-b' })]: '1x10 0x30',
    },
    not: [20, 30],
    at: 40,
    text: 'the database has no standby: nobody could take over from the primary',
    severity: 'warning',
  },
  {
    alert: 'ApiInOneZone',
    seen: {
      [series('up', { job: 'api', host: 'x', zone: 'a' })]: '1x40',
      [series('up', { job: 'api', host: 'y', zone: 'a' })]: '1x40',
      [series('up', { job: 'api', host: 'z', zone: 'b' })]: '1x10 0x30',
    },
    not: [20, 30],
    at: 40,
    text: 'API servers of one zone alone answer: with it all of them would be gone',
    severity: 'warning',
  },
  {
    alert: 'LoadBalancerMissing',
    seen: {
      [series('up', { job: 'haproxy', host: 'lb-a' })]: '1x40',
      [series('up', { job: 'haproxy', host: 'lb-b' })]: '1x10 0x30',
    },
    not: [20, 30],
    at: 40,
    text: 'one load balancer alone answers: without it nobody reaches the CRM',
    severity: 'warning',
  },
  {
    alert: 'AddressHeldTwice',
    seen: {
      [series('sbmcrm_floating_address', { host: 'lb-a', address: '10.77.0.10' })]: '1x40',
      [series('sbmcrm_floating_address', { host: 'lb-b', address: '10.77.0.10' })]: '_x10 1x30',
      [series('sbmcrm_floating_address', { host: 'lb-b', address: '10.77.0.11' })]: '1x40',
    },
    not: [20, 30],
    at: 40,
    text: '2 hosts hold 10.77.0.10: who is led where changes with each announcement',
    labels: { address: '10.77.0.10' },
    severity: 'critical',
  },
  {
    alert: 'CacheCopyMissing',
    seen: {
      [series('redis_connected_slaves', { host: 'redis-a' })]: '1x10 0x30',
      [series('redis_connected_slaves', { host: 'redis-b' })]: '0x40',
      [series('redis_up', { host: 'redis-a' })]: '1x40',
    },
    not: [20, 30],
    at: 40,
    text: 'the cache has no copy: the next failure of it is an empty cache',
    severity: 'warning',
  },
  {
    alert: 'EtcdQuorumAtRisk',
    seen: Object.fromEntries(
      ['a', 'b', 'c'].map((zone) => [
        series('etcd_server_has_leader', { host: `quorum-${zone}` }),
        zone === 'c' ? '1x10 0x30' : '1x40',
      ]),
    ),
    not: [20, 30],
    at: 40,
    text: '2 of 3 members of etcd see a leader: without one more of them nobody can take over',
    severity: 'warning',
  },
  {
    alert: 'SentinelQuorumAtRisk',
    seen: Object.fromEntries(
      ['a', 'b', 'c'].map((zone) => [
        series('sbmcrm_service_up', { host: `quorum-${zone}`, service: 'sentinel' }),
        zone === 'c' ? '1x10 0x30' : '1x40',
      ]),
    ),
    not: [20, 30],
    at: 40,
    text: '2 of 3 Sentinels run: without one more of them the cache does not fail over',
    severity: 'warning',
  },
  {
    alert: 'DatabaseUnprotected',
    seen: { [series('patroni_sync_standby')]: '1x10 0x30' },
    not: [20, 30],
    at: 40,
    text: 'no synchronous standby: what is acknowledged now is on one host only',
    severity: 'critical',
  },
  {
    alert: 'CrashLoop',
    seen: { [series('sbmcrm_service_process_id', { ...HOST, service: 'web' })]: '10x10 20x10 30x10 40x10 50x60' },
    not: [30, 50, 80],
    at: 90,
    text: 'web on x ends again and again: 4 starts within two minutes',
    labels: { ...HOST, service: 'web' },
    severity: 'warning',
  },
  {
    alert: 'RequestsRefused',
    seen: {
      [series('http_request_duration_seconds_count', { ...HOST, route: '/api/v1/customers', status: '5xx' })]:
        '0x30 1+1x60',
      // A health check that says no is nobody's request.
      [series('http_request_duration_seconds_count', { ...HOST, route: '/health', status: '5xx' })]: '0+5x90',
    },
    not: [30, 60],
    at: 120,
    text: 'the API servers refuse or fail 0.5 requests a second: more load than they carry, or the database is away',
    severity: 'warning',
  },
  {
    alert: 'ErrorBudgetBurnsFast',
    seen: failing(0.2),
    not: [90, 120],
    at: 240,
    text: '0.5 % of the requests failed lately: the objective (99.9 %) does not last so',
    severity: 'critical',
  },
  {
    alert: 'ErrorBudgetBurns',
    seen: failing(0.08),
    not: [90, 120],
    at: 240,
    text: '0.2 % of the requests failed in the last days: the objective (99.9 %) does not last so',
    severity: 'warning',
  },
  {
    alert: 'CertificatesEnd',
    seen: { [series('up', { ...HOST, job: 'etcd' })]: '1x80' },
    not: [30, 60],
    at: 120,
    text: 'certificates of the platform end in 29d 23h 59m 0s',
    severity: 'warning',
  },
  {
    alert: 'DrillsStale',
    // Thirty days less a minute ago.
    seen: { [series('sbmcrm_database_drilled_timestamp_seconds', {})]: '-2591940x80' },
    not: [30, 60],
    at: 120,
    text: 'no drill has shown for 30d 0h 1m 0s that the database fails over',
    severity: 'warning',
  },
  {
    alert: 'TaskFailed',
    seen: { [series('sbmcrm_task_failed', { task: 'database-host-loss' })]: '0x10 1x60' },
    not: [16],
    at: 40,
    labels: { task: 'database-host-loss' },
    text: 'the last run of database-host-loss, which the schedule has, did not pass',
    severity: 'warning',
  },
  {
    alert: 'TargetMissing',
    seen: { [series('up', { ...HOST, job: 'etcd' })]: '1x10 0x60' },
    not: [60],
    at: 90,
    text: 'etcd on x tells nothing: what happens there is not seen',
    labels: { ...HOST, job: 'etcd' },
    severity: 'warning',
  },
];

/** The alerts that there is a scene of. */
export const TESTED_ALERTS = SCENES.map(({ alert }) => alert);

/**
 * The scenes as a file of `promtool test rules`.
 *
 * @param rules the file with the rules
 * @param runbookOf as alerts have it
 * @see https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
 */
export function ruleTests(rules: string, runbookOf: (alert: string) => string): string {
  return stringify({
    rule_files: [rules],
    evaluation_interval: '2s',
    tests: SCENES.map(({ alert, seen, not, at, text, labels = {}, severity }) => ({
      name: alert,
      interval: '2s',
      input_series: Object.entries(seen).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [
        ...not.map((second) => ({ eval_time: `${second}s`, alertname: alert, exp_alerts: [] })),
        {
          eval_time: `${at}s`,
          alertname: alert,
          exp_alerts: [{ exp_labels: { severity, ...labels }, exp_annotations: { text, runbook: runbookOf(alert) } }],
        },
      ],
    })),
  });
}
