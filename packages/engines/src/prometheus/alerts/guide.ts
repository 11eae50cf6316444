import { failures, latency, requests } from '../metrics.ts';
import {
  type Alert,
  type Alerted,
  LASTING_MS,
  queryOf,
  SEEN_TWICE_MS,
  seconds,
  TOLD_MS,
  value,
  zonesOf,
} from './alert.ts';

/** Looks back over a failed scrape or two; a failover before that was told. */
const BEFORE = '1m';
/** Requests within the window of an error rate: one of three says nothing. */
const FEWEST_REQUESTS = 10;
/** As {@link requests} and {@link failures} look back, in seconds. */
const WINDOW_S = 30;

/**
 * Every alert of the guide with the spec's thresholds. Pure.
 *
 * The guide names no durations. What wakes somebody up is told at once; a warning has to hold for a minute.
 */
export function guideAlerts({ spec, topology }: Pick<Alerted, 'spec' | 'topology'>): Alert[] {
  const { critical, warning } = spec.alerts;
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
            follows: zonesOf({ topology }, 'database'),
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
  ];
}
