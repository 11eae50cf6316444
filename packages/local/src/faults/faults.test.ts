import {
  assertKnown,
  assertSensible,
  type Fault,
  type FaultRequest,
  parseTarget,
  releaseHost,
  touchedHosts,
} from '@sbmcrm/cloud';
import { planNetwork } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { delayArgs, delayOf, dropRules } from './network.ts';
import { FAULT_KINDS } from './registry.ts';

const services = (...names: string[]) => names.map((name): { name: string; child?: { name: string } } => ({ name }));
const patroni = { name: 'patroni', child: { name: 'postgres' } };
const hosts = [
  {
    name: 'postgres-a',
    region: 'primary',
    zone: 'a',
    address: '10.77.1.130',
    services: [patroni, ...services('haproxy')],
  },
  { name: 'redis-a', region: 'primary', zone: 'a', address: '10.77.1.150', services: services('redis') },
  { name: 'redis-b', region: 'primary', zone: 'b', address: '10.77.2.150', services: services('redis') },
  { name: 'quorum-c', region: 'primary', zone: 'c', address: '10.77.3.170', services: services('etcd') },
];
/** What other regions have. */
const storage = {
  name: 'storage-2',
  region: 'secondary',
  zone: 'd',
  address: '10.77.65.1',
  services: services('swift'),
};
const everywhere = [...hosts, storage];
const fault = (kind: Fault['kind'], target: string, more: Partial<Fault> = {}): Fault => ({
  id: '1',
  kind,
  target,
  since: '',
  ...more,
});

describe('parseTarget', () => {
  it.each<[FaultRequest, unknown]>([
    [
      { kind: 'stop', target: 'redis-a' },
      { of: 'host', host: 'redis-a' },
    ],
    [
      { kind: 'stop', target: 'zone-a' },
      { of: 'zone', name: 'a' },
    ],
    [
      { kind: 'pause', target: 'zone-b' },
      { of: 'zone', name: 'b' },
    ],
    [
      { kind: 'isolate', target: 'zone-c' },
      { of: 'zone', name: 'c' },
    ],
    [
      { kind: 'stop', target: 'region-secondary' },
      { of: 'region', name: 'secondary' },
    ],
    [
      { kind: 'pause', target: 'redis-a/redis' },
      { of: 'host', host: 'redis-a', service: 'redis' },
    ],
    [
      { kind: 'kill', target: 'redis-a/redis' },
      { of: 'host', host: 'redis-a', service: 'redis' },
    ],
    [
      { kind: 'cut', target: 'a-b' },
      { of: 'between', places: ['a', 'b'] },
    ],
  ])('reads %o', (request, target) => {
    expect(parseTarget(FAULT_KINDS, request)).toEqual(target);
  });

  it.each<[FaultRequest, string]>([
    [
      { kind: 'stop', target: 'redis-a/redis' },
      'fault stop takes HOST, zone-ZONE or region-REGION, not "redis-a/redis"',
    ],
    [{ kind: 'pause', target: 'redis-a/redis/x' }, 'fault pause takes HOST, HOST/SERVICE, zone-ZONE or region-REGION'],
    [{ kind: 'pause', target: 'zone-a/redis' }, 'fault pause takes'],
    [{ kind: 'kill', target: 'zone-a' }, 'fault kill takes HOST/SERVICE'],
    [{ kind: 'slow', target: 'zone-a' }, 'fault slow takes HOST, not "zone-a"'],
    [{ kind: 'cut', target: 'a-a' }, 'fault cut takes two zones or regions, such as a-b, not "a-a"'],
    [{ kind: 'cut', target: 'a' }, 'fault cut takes two zones'],
    [{ kind: 'cut', target: 'a-b-c' }, 'fault cut takes two zones'],
    [{ kind: 'cut', target: 'a-' }, 'fault cut takes two zones'],
  ])('refuses %o', (request, message) => {
    expect(() => parseTarget(FAULT_KINDS, request)).toThrow(message);
  });
});

describe('assertKnown', () => {
  const check = (request: FaultRequest) => () =>
    assertKnown(FAULT_KINDS, request, parseTarget(FAULT_KINDS, request), everywhere);
  it.each<[FaultRequest, string]>([
    [{ kind: 'stop', target: 'nobody' }, 'no host is called "nobody" (there are: postgres-a, redis-a,'],
    [{ kind: 'stop', target: 'zone-x' }, 'no zone is called "x" (there are: a, b, c, d)'],
    [{ kind: 'cut', target: 'a-x' }, 'no zone is called "x"'],
    [{ kind: 'stop', target: 'region-third' }, 'no region is called "third" (there are: primary, secondary)'],
    [{ kind: 'cut', target: 'primary-b' }, 'no region is called "b"'],
    [{ kind: 'kill', target: 'postgres-a' }, 'postgres-a/patroni, postgres-a/haproxy, postgres-a/postgres'],
    [{ kind: 'kill', target: 'redis-a/postgres' }, 'host redis-a has no service "postgres" (it has: redis)'],
  ])('refuses %o', (request, message) => {
    expect(check(request)).toThrow(message);
  });
  it('knows what a service starts by itself', () => {
    expect(check({ kind: 'kill', target: 'postgres-a/postgres' })).not.toThrow();
    expect(check({ kind: 'cut', target: 'b-c' })).not.toThrow();
    expect(check({ kind: 'cut', target: 'primary-secondary' })).not.toThrow();
  });
});

describe('assertSensible', () => {
  it.each<[Partial<FaultRequest>, string]>([
    [{ kind: 'slow' }, 'takes --loss, --latency or both'],
    [{ kind: 'slow', lossPercent: 0 }, '--loss must lie between 0.01% and 100%'],
    [{ kind: 'slow', lossPercent: 100.5 }, '--loss must lie'],
    [{ kind: 'slow', lossPercent: Number.NaN }, '--loss must lie'],
    [{ kind: 'slow', latencyMs: 0 }, '--latency must lie between 1 ms and 60 s'],
    [{ kind: 'stop', lossPercent: 5 }, '--loss goes with slow, not with stop'],
    [{ kind: 'cut', latencyMs: 5 }, '--latency goes with slow, not with cut'],
    [{ kind: 'cut', direction: 'in' }, '--direction goes with isolate, not with cut'],
    [{ kind: 'cut', forMs: 0 }, '--for must lie between 1 ms and 24 h'],
    [{ kind: 'cut', forMs: 25 * 3600_000 }, '--for must lie'],
  ])('refuses %o', (request, message) => {
    expect(() => assertSensible(FAULT_KINDS, { kind: 'slow', target: 'x', ...request })).toThrow(message);
  });
  it('takes what can be done', () => {
    expect(() =>
      assertSensible(FAULT_KINDS, { kind: 'slow', target: 'x', lossPercent: 0.01, latencyMs: 200 }),
    ).not.toThrow();
    expect(() =>
      assertSensible(FAULT_KINDS, { kind: 'isolate', target: 'x', direction: 'in', forMs: 1 }),
    ).not.toThrow();
  });
});

describe('touchedHosts', () => {
  it.each<[Fault, string[]]>([
    [fault('kill', 'redis-a/redis'), ['redis-a']],
    [fault('slow', 'redis-a'), ['redis-a']],
    [fault('isolate', 'zone-a'), ['postgres-a', 'redis-a']],
    [fault('stop', 'zone-a', { hosts: ['redis-a'] }), ['redis-a']],
    [fault('cut', 'c-b'), ['quorum-c', 'redis-b']],
    [fault('isolate', 'region-secondary'), ['storage-2']],
    [fault('cut', 'secondary-primary'), ['storage-2', ...hosts.map(({ name }) => name)]],
  ])('of %o', (each, touched) => {
    expect(touchedHosts(FAULT_KINDS, each, everywhere)).toEqual(touched);
  });
});

describe('releaseHost', () => {
  it('ends a fault of that host, or of the last host of a zone', () => {
    expect(releaseHost(FAULT_KINDS, fault('pause', 'redis-a/redis'), 'redis-a')).toBeUndefined();
    expect(releaseHost(FAULT_KINDS, fault('stop', 'zone-a', { hosts: ['redis-a'] }), 'redis-a')).toBeUndefined();
  });
  it('keeps what holds others', () => {
    const zone = fault('stop', 'zone-a', { hosts: ['postgres-a', 'redis-a'] });
    expect(releaseHost(FAULT_KINDS, zone, 'redis-a')).toEqual({ ...zone, hosts: ['postgres-a'] });
    for (const each of [fault('stop', 'redis-b'), fault('isolate', 'zone-a'), fault('cut', 'a-b')]) {
      expect(releaseHost(FAULT_KINDS, each, 'redis-a')).toBe(each);
    }
  });
});

describe('dropRules', () => {
  const plan = planNetwork('10.77.0.0/16');
  it('names the ports of all hosts that there are', () => {
    const faults = [
      fault('isolate', 'zone-a', { direction: 'in' }),
      fault('isolate', 'quorum-c'),
      fault('cut', 'a-b'),
      fault('slow', 'redis-b', { lossPercent: 5 }),
      fault('slow', 'redis-b', { latencyMs: 200 }),
      fault('stop', 'zone-b', { hosts: ['redis-b'] }),
      fault('isolate', 'deleted'),
    ];
    expect(dropRules(plan, faults, hosts)).toEqual({
      isolated: [
        { port: 'sbm0a4d-0182', direction: 'in' },
        { port: 'sbm0a4d-0196', direction: 'in' },
        { port: 'sbm0a4d-03aa', direction: 'both' },
      ],
      cuts: [{ left: ['sbm0a4d-0182', 'sbm0a4d-0196'], right: ['sbm0a4d-0296'] }],
      losses: [{ port: 'sbm0a4d-0296', percent: 5 }],
    });
  });
});

describe('dropRules of regions', () => {
  it('cut every host of the one from every host of the other', () => {
    const { cuts } = dropRules(planNetwork('10.77.0.0/16'), [fault('cut', 'primary-secondary')], everywhere);
    expect(cuts.map(({ left, right }) => [left.length, right])).toEqual([[4, ['sbm0a4d-4101']]]);
  });
});

describe('delayOf', () => {
  it('adds up what several faults delay', () => {
    const faults = [
      fault('slow', 'redis-a', { latencyMs: 200 }),
      fault('slow', 'redis-a', { latencyMs: 50, lossPercent: 1 }),
      fault('slow', 'redis-a', { lossPercent: 1 }),
      fault('slow', 'redis-b', { latencyMs: 10 }),
    ];
    expect(delayOf(faults, { name: 'redis-a', region: 'primary', zone: 'a' })).toBe(250);
    expect(delayOf(faults, { name: 'quorum-c', region: 'primary', zone: 'c' })).toBe(0);
  });
  it('is put on a port whatever was there', () => {
    expect(delayArgs('p', 200).join(' ')).toBe('qdisc replace dev p root netem delay 200ms limit 10000');
  });
});
