import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { applyFix } from '../../test/edit.ts';
import { parseSpec } from '../load.ts';
import { checkSpec } from './check-spec.ts';
import type { Finding } from './finding.ts';
import { rules } from './rules.ts';

const findingsOf = (text: string) => checkSpec(parseSpec(text, 'test.yaml'));
const findingsBy = (rule: string, text: string) => findingsOf(text).filter((finding) => finding.rule === rule);

/** Specs that a rule objects to: what they say, the key that the finding is at, and its message. */
const unsafe: Record<string, [text: string, path: string, message: string][]> = {
  'zone-outside-region': [
    [
      'regions: { primary: eu-west-101 }\nzones: { a: eu-west-101a, b: eu-west-101b }',
      'zones.c',
      'ap-southeast-1c does not belong to the primary region eu-west-101',
    ],
  ],
  'load-balancer-one-zone': [
    ['loadBalancer: { multiAz: false }', 'loadBalancer.multiAz', 'there is one load balancer, in zone a'],
  ],
  'health-timeout': [
    [
      'loadBalancer: { healthCheck: { timeout: 30s } }',
      'loadBalancer.healthCheck.timeout',
      '30s is not shorter than the interval (30s)',
    ],
    [
      'loadBalancer: { healthCheck: { interval: 500ms } }',
      'loadBalancer.healthCheck.timeout',
      '5s is not shorter than the interval (500ms)',
    ],
  ],
  'hasty-health-check': [
    [
      'loadBalancer: { healthCheck: { interval: 500ms, timeout: 100ms } }',
      'loadBalancer.healthCheck.timeout',
      '100ms is less than /health may take (2500ms)',
    ],
  ],
  'instances-one-zone': [
    [
      'application: { instances: [{ name: x-01, zone: b }, { name: x-02, zone: b }] }',
      'application.instances',
      'all API servers are in zone b',
    ],
    ['application: { instances: [{ name: x-99, zone: a }] }', 'application.instances', 'there is a single API server'],
    [
      'application: { instances: [{ name: x-01, zone: b }], autoScaling: { min: 1, desired: 1, max: 1 } }',
      'application.instances',
      'there is a single API server',
    ],
  ],
  'hold-too-short': [
    [
      'application: { hold: { deadline: 29s } }',
      'application.hold.deadline',
      'requests wait 29s, a failover may take 30s',
    ],
  ],
  'hold-beyond-entry': [
    [
      'application: { hold: { queue: 5001 } }',
      'application.hold.queue',
      '5001 requests may wait, the load balancer holds 5000 connections',
    ],
  ],
  'too-few-instances': [
    [
      'application: { autoScaling: { min: 1 } }',
      'application.autoScaling.min',
      'scaling down may leave a single instance',
    ],
    [
      'application: { instances: [{ name: x-01, zone: a }], autoScaling: { min: 1, desired: 1, max: 1 } }',
      'application.autoScaling.min',
      'scaling down may leave a single instance',
    ],
  ],
  'desired-below-instances': [
    [
      'application: { instances: [{ name: x-01, zone: a }, { name: x-02, zone: b }, { name: x-03, zone: a }] }',
      'application.autoScaling.desired',
      '2 are desired, 3 are named in application.instances',
    ],
  ],
  'zone-loss-overload': [
    [
      'platform: x',
      'application.autoScaling.scaleUp.above',
      'losing a zone leaves 1 of 2 instances: 70% on each becomes 140%',
    ],
    [
      'application: { autoScaling: { desired: 3, max: 3, scaleUp: { above: 45% } } }',
      'application.autoScaling.scaleUp.above',
      'losing a zone leaves 1 of 3 instances: 45% on each becomes 135%',
    ],
    [
      'application: { instances: [{ name: x-01, zone: b }, { name: x-02, zone: b }, { name: x-03, zone: b }], autoScaling: { desired: 4 } }',
      'application.autoScaling.scaleUp.above',
      'losing a zone leaves 1 of 4 instances: 70% on each becomes 280%',
    ],
    [
      'application: { autoScaling: { desired: 99, max: 99, scaleUp: { above: 50% } } }',
      'application.autoScaling.scaleUp.above',
      'losing a zone leaves 49 of 99 instances: 50% on each becomes 101%',
    ],
  ],
  'scaling-flaps': [
    [
      'application: { autoScaling: { scaleUp: { above: 45% } } }',
      'application.autoScaling.scaleDown.below',
      '2 instances at 45% become 3 at 30%: not above 30%, so they are removed again',
    ],
    [
      'application: { autoScaling: { scaleDown: { below: 40%, remove: 2 } } }',
      'application.autoScaling.scaleDown.below',
      '4 instances at 40% become 2 at 80%: not below 70%, so they are added again',
    ],
    [
      'application: { autoScaling: { scaleDown: { below: 70% } } }',
      'application.autoScaling.scaleDown.below',
      'removing below 70% overlaps with adding above 70%',
    ],
    [
      'application: { autoScaling: { min: 2, max: 2, scaleUp: { above: 10% } } }',
      'application.autoScaling.scaleDown.below',
      'removing below 30% overlaps with adding above 10%',
    ],
  ],
  'hasty-scale-down': [
    [
      'application: { autoScaling: { scaleDown: { for: 1m } } }',
      'application.autoScaling.scaleDown.for',
      'capacity goes after 1m and comes after 5m',
    ],
  ],
  'load-out-of-reach': [
    [
      'application: { autoScaling: { enabled: true } }',
      'application.size.cpus',
      'an API server of 2 processors never gets far above 50%: instances are added above 70%',
    ],
  ],
  'grace-period': [
    [
      'application: { autoScaling: { healthCheck: { gracePeriod: 89s } } }',
      'application.autoScaling.healthCheck.gracePeriod',
      '89s is shorter than the health check needs for a verdict (90s)',
    ],
  ],
  'async-replication': [
    ['platform: x', 'database.replicationMode', 'the primary acknowledges a write before the standby has it'],
  ],
  'database-one-zone': [
    ['database: { standby: { zone: a } }', 'database.standby.zone', 'primary and standby are both in zone a'],
    ['database: { primary: { zone: b } }', 'database.standby.zone', 'primary and standby are both in zone b'],
  ],
  'read-replicas-one-zone': [
    ['database: { readReplicas: [] }', 'database.readReplicas', 'there is no read replica'],
    ['database: { readReplicas: [{ zone: b }] }', 'database.readReplicas', 'every read replica is in zone b'],
    [
      'database: { readReplicas: [{ zone: b }, { zone: b }] }',
      'database.readReplicas',
      'every read replica is in zone b',
    ],
  ],
  'failover-disabled': [
    [
      'database: { automaticFailover: { enabled: false } }',
      'database.automaticFailover.enabled',
      'the standby is not promoted without being told',
    ],
  ],
  'failover-goal': [
    [
      'database: { automaticFailover: { within: 25s } }',
      'database.automaticFailover.within',
      '25s is less than a failover by lease can take (26s)',
    ],
    [
      'database: { leaseTtl: 25s }',
      'database.automaticFailover.within',
      '30s is less than a failover by lease can take (31s)',
    ],
  ],
  'hold-without-retry': [
    [
      'database: { pool: { connectionTimeout: 30s } }',
      'database.pool.connectionTimeout',
      'one attempt to connect (30s) takes all the time that a request may wait (30s)',
    ],
    [
      'application: { hold: { deadline: 1s } }',
      'database.pool.connectionTimeout',
      'one attempt to connect (2s) takes all the time that a request may wait (1s)',
    ],
  ],
  'connections-exceeded': [
    [
      'database: { maxConnections: 200 }',
      'database.maxConnections',
      '10 instances × pool.max 20 + 20 in reserve = 220 connections, 200 are allowed',
    ],
  ],
  'connections-without-fallback': [
    [
      'database: { maxConnections: 220 }',
      'database.maxConnections',
      '220 connections hold the primary pools, but not the read pools too (420)',
    ],
  ],
  'connections-too-many': [
    [
      'database: { maxConnections: 1001 }',
      'database.maxConnections',
      'the database must hold 1001 connections, more than 1000',
    ],
    ['database: { pool: { max: 50 } }', 'database.pool.max', 'the database must hold 1020 connections, more than 1000'],
    [
      'database: { pool: { max: 1000 }, maxConnections: 200000 }\napplication: { autoScaling: { max: 99 } }',
      'database.maxConnections',
      'the database must hold 200000 connections, more than 1000',
    ],
  ],
  'cache-one-zone': [['cache: { master: { zone: b } }', 'cache.standby.zone', 'master and standby are both in zone b']],
  'cache-not-persistent': [
    [
      'cache: { persistence: { rdb: 0s, aof: false } }',
      'cache.persistence',
      'neither snapshots nor the append-only file are written',
    ],
  ],
  'sentinel-majority-one-zone': [
    ['cache: { sentinel: { zones: [a, a, a] } }', 'cache.sentinel.zones', 'zone a holds 3 of 3 Sentinels: a majority'],
    ['cache: { sentinel: { zones: [a, b, b] } }', 'cache.sentinel.zones', 'zone b holds 2 of 3 Sentinels: a majority'],
    [
      'cache: { sentinel: { zones: [c], quorum: 1 } }',
      'cache.sentinel.zones',
      'zone c holds 1 of 1 Sentinels: a majority',
    ],
    [
      'cache: { sentinel: { zones: [c, c, c, a, b], quorum: 3 } }',
      'cache.sentinel.zones',
      'zone c holds 3 of 5 Sentinels: a majority',
    ],
  ],
  'sentinel-even-number': [
    ['cache: { sentinel: { zones: [a, b] } }', 'cache.sentinel.zones', '2 Sentinels: an even number'],
    ['cache: { sentinel: { zones: [a, b, c, a], quorum: 3 } }', 'cache.sentinel.zones', '4 Sentinels: an even number'],
  ],
  'sentinel-quorum': [
    [
      'cache: { sentinel: { quorum: 1 } }',
      'cache.sentinel.quorum',
      'quorum 1 of 3 Sentinels is less than a majority (2)',
    ],
    [
      'cache: { sentinel: { quorum: 3 } }',
      'cache.sentinel.quorum',
      'quorum 3 of 3 Sentinels is more than a majority (2)',
    ],
    [
      'cache: { sentinel: { quorum: 5 } }',
      'cache.sentinel.quorum',
      'quorum 5 of 3 Sentinels is more than a majority (2)',
    ],
  ],
  'sentinel-timeout': [
    [
      'cache: { sentinel: { downAfter: 11s } }',
      'cache.sentinel.failoverTimeout',
      '10s is shorter than downAfter (11s)',
    ],
  ],
  'hasty-sentinel': [
    [
      'cache: { sentinel: { downAfter: 500ms, failoverTimeout: 1s } }',
      'cache.sentinel.downAfter',
      '500ms of silence are taken for a dead master',
    ],
  ],
  'etcd-majority-one-zone': [
    ['quorum: { zones: [a, a, b] }', 'quorum.zones', 'zone a holds 2 of 3 etcd members: a majority'],
  ],
  'etcd-even-number': [['quorum: { zones: [a, b, c, c] }', 'quorum.zones', '4 etcd members: an even number']],
  'storage-same-region': [
    [
      'storage: { replication: { targetRegion: primary } }',
      'storage.replication.targetRegion',
      'files are copied to ap-southeast-1, where they are already',
    ],
  ],
  'versioning-off': [
    ['storage: { versioning: false }', 'storage.versioning', 'an overwritten or deleted file is gone'],
  ],
  'backup-one-region': [
    [
      'backup: { database: { crossRegion: false } }',
      'backup.database.crossRegion',
      'database backups stay in ap-southeast-1',
    ],
  ],
  'no-point-in-time': [
    [
      'backup: { database: { pointInTimeRecovery: false } }',
      'backup.database.pointInTimeRecovery',
      'only the daily backups can be restored',
    ],
  ],
  'short-retention': [
    [
      'backup: { database: { retention: 6d } }',
      'backup.database.retention',
      'backups are kept for 6d, less than a week',
    ],
    ['backup: { files: { retention: 1d } }', 'backup.files.retention', 'backups are kept for 1d, less than a week'],
  ],
  'critical-alert-off': [
    ['alerts: { critical: { databaseFailover: false } }', 'alerts.critical.databaseFailover', 'nobody is told'],
    ['alerts: { critical: { allApiServersDown: false } }', 'alerts.critical.allApiServersDown', 'nobody is told'],
  ],
  'error-alert-too-high': [
    [
      'alerts: { critical: { errorRate: 50% } }',
      'alerts.critical.errorRate',
      '50% is not less than what one zone serves (50% of all requests)',
    ],
    [
      'application: { instances: [{ name: x-01, zone: b }] }\nalerts: { critical: { errorRate: 100% } }',
      'alerts.critical.errorRate',
      '100% is not less than what one zone serves (50% of all requests)',
    ],
    [
      'application: { instances: [{ name: x-01, zone: b }, { name: x-02, zone: b }] }\nalerts: { critical: { errorRate: 100% } }',
      'alerts.critical.errorRate',
      '100% is not less than what one zone serves (100% of all requests)',
    ],
  ],
  'cpu-alert-too-low': [
    ['alerts: { warning: { cpu: 69% } }', 'alerts.warning.cpu', '69% is less than scaleUp.above (70%)'],
    [
      'application: { autoScaling: { scaleUp: { above: 80.5% } } }',
      'alerts.warning.cpu',
      '70% is less than scaleUp.above (80.5%)',
    ],
  ],
  'latency-alert-too-high': [
    [
      'alerts: { warning: { p95: 5s } }',
      'alerts.warning.p95',
      '5s is not less than loadBalancer.healthCheck.timeout (5s)',
    ],
    ['alerts: { warning: { p95: 1m } }', 'alerts.warning.p95', '1m is not less than application.hold.deadline (30s)'],
    [
      'application: { hold: { deadline: 1s } }',
      'alerts.warning.p95',
      '1s is not less than application.hold.deadline (1s)',
    ],
  ],
};

it('has an unsafe spec for every rule', () => {
  expect(Object.keys(unsafe)).toEqual(rules.map(({ name }) => name));
});

describe.each(rules)('$name', ({ name, severity }) => {
  it.each(unsafe[name] ?? [])('%s', (text, path, message) => {
    expect(findingsBy(name, text)).toMatchObject([{ rule: name, severity, path, message }]);
  });

  it.each(unsafe[name] ?? [])('is silent after its own mending line: %s', (text) => {
    const mended = findingsBy(name, text).reduce((before, { fix }) => applyFix(before, fix), text);
    expect(findingsBy(name, mended)).toEqual([]);
  });
});

describe('what is safe, if barely', () => {
  it.each([
    ['zone-loss-overload', 'application: { autoScaling: { scaleUp: { above: 50% } } }'],
    ['zone-loss-overload', 'application: { autoScaling: { desired: 5, scaleUp: { above: 40% } } }'],
    ['zone-loss-overload', 'application: { instances: [{ name: x-01, zone: b }, { name: x-02, zone: b }] }'],
    ['scaling-flaps', 'application: { autoScaling: { scaleUp: { above: 46% } } }'],
    ['scaling-flaps', 'application: { autoScaling: { scaleDown: { below: 46.6% } } }'],
    ['scaling-flaps', 'application: { autoScaling: { min: 2, max: 2, scaleDown: { below: 69% } } }'],
    ['health-timeout', 'loadBalancer: { healthCheck: { timeout: 29s } }'],
    ['grace-period', 'application: { autoScaling: { healthCheck: { gracePeriod: 90s } } }'],
    ['failover-goal', 'database: { automaticFailover: { within: 26s } }'],
    ['failover-goal', 'database: { automaticFailover: { within: 1s, enabled: false } }'],
    ['connections-exceeded', 'database: { maxConnections: 220 }'],
    ['connections-without-fallback', 'database: { maxConnections: 420 }'],
    ['connections-without-fallback', 'database: { maxConnections: 200 }'],
    ['connections-too-many', 'database: { maxConnections: 1000 }'],
    ['sentinel-majority-one-zone', 'cache: { sentinel: { zones: [a, a, b, b, c], quorum: 3 } }'],
    ['sentinel-quorum', 'cache: { sentinel: { zones: [a, a, b, b, c], quorum: 3 } }'],
    ['etcd-majority-one-zone', 'quorum: { zones: [a, b, c, a, b] }'],
    ['database-one-zone', 'database: { primary: { zone: b }, standby: { zone: a } }'],
    ['zone-outside-region', 'regions: { primary: x }\nzones: { a: x1, b: x2, c: x3 }'],
    ['cache-not-persistent', 'cache: { persistence: { rdb: 0s } }'],
    ['hold-too-short', 'application: { hold: { deadline: 30s } }'],
    ['hold-beyond-entry', 'application: { hold: { queue: 5000 } }'],
    ['short-retention', 'backup: { database: { retention: 7d } }'],
    ['error-alert-too-high', 'alerts: { critical: { errorRate: 49.99% } }'],
    ['cpu-alert-too-low', 'alerts: { warning: { cpu: 70% } }'],
    ['latency-alert-too-high', 'alerts: { warning: { p95: 4999ms } }'],
  ])('%s has nothing against %s', (rule, text) => {
    expect(findingsBy(rule, text)).toEqual([]);
  });
});

describe('checkSpec', () => {
  const many =
    'database: { standby: { zone: a } }\nstorage: { versioning: false, replication: { targetRegion: primary } }';

  it('puts errors first, each kind in the order of the spec', () => {
    expect(findingsOf(many).map(({ rule }) => rule)).toEqual([
      'database-one-zone',
      'storage-same-region',
      'zone-loss-overload',
      'async-replication',
      'versioning-off',
    ]);
  });

  it('finds in the defaults only what the guide chose: full zones, and asynchronous replication', () => {
    expect(findingsOf('{}').map(({ rule }) => rule)).toEqual(['zone-loss-overload', 'async-replication']);
  });

  it('finds nothing in the defaults once its mending lines are applied', () => {
    const mended = findingsOf('{}').reduce((text, { fix }) => applyFix(text, fix), '{}');
    expect(parse(mended)).toEqual({
      application: { autoScaling: { scaleUp: { above: '50%' } } },
      database: { replicationMode: 'sync' },
    });
    expect(findingsOf(mended)).toEqual([]);
  });

  it('explains every finding on one line each', () => {
    const findings: Finding[] = Object.values(unsafe).flatMap((cases) => cases.flatMap(([text]) => findingsOf(text)));
    for (const { message, reason, fix } of findings) {
      for (const line of [message, reason, fix]) expect(line).toMatch(/^[^\n]{5,220}$/);
      expect(fix).toMatch(/^set \S+: \S/);
    }
  });
});
