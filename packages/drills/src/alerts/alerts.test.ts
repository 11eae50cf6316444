import type { FiringAlert } from '@sbmcrm/engines';
import { alertsOf } from '@sbmcrm/engines/prometheus';
import type { PlatformStatus } from '@sbmcrm/platform';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { allDrills } from '../run/registry.ts';
import { alertText, expectedOn, type Known, lossOf, named } from './expected.ts';
import { SeenAlerts } from './seen.ts';

function known(yaml = ''): Known {
  const spec = parseSpec(`platform: sbmcrm\nmonitoring: { enabled: true }\n${yaml}`, 'test.yaml');
  const topology = planTopology(spec);
  const roles = { database: 'standby', 'read-replica': 'replica' } as const;
  const hosts = topology.hosts.map(({ name, zone, services }) => ({
    name,
    zone,
    services: services.map((each) => ({ name: each })),
  }));
  const members = topology.hosts.flatMap(({ name, role }) =>
    role === 'database' || role === 'read-replica'
      ? [{ name, role: name === 'postgres-a' ? 'primary' : roles[role] }]
      : [],
  );
  const before = {
    hosts,
    database: { primary: 'postgres-a', members },
    cache: {
      primary: 'redis-a',
      members: topology.hosts
        .filter(({ role }) => role === 'cache')
        .map(({ name }) => ({ name, role: name === 'redis-a' ? 'primary' : 'standby' })),
    },
    loadBalancer: {
      active: 'lb-a',
      backends: topology.hosts.filter(({ role }) => role === 'api').map(({ name }) => ({ name })),
    },
  } as unknown as PlatformStatus;
  return { before, platform: { spec, topology } };
}

describe('the loss of', () => {
  const must = (of: Known, ...lost: string[]) => lossOf(of, ...lost).must.map(alertText);

  it('the primary is a failover, and no standby', () => {
    expect(must(known(), 'postgres-a')).toEqual(['HostDown (postgres-a)', 'DatabaseFailover', 'StandbyMissing']);
    expect(must(known('database: { replicationMode: sync }\n'), 'postgres-a')).toContain('DatabaseUnprotected');
  });

  it('the standby is no failover, and that of a read replica neither', () => {
    expect(must(known(), 'postgres-b')).toEqual(['HostDown (postgres-b)', 'StandbyMissing']);
    expect(must(known(), 'replica-a')).toEqual(['HostDown (replica-a)']);
  });

  it('a zone is told with all that is alone now', () => {
    const of = known();
    const zone = of.before.hosts.filter((host) => host.zone === 'zone-a' || host.zone === 'a').map(({ name }) => name);
    const names = new Set(lossOf(of, ...zone).must.map(({ name }) => name));
    expect([...names]).toEqual([
      ...['HostDown', 'ZoneDown', 'DatabaseFailover', 'StandbyMissing', 'ApiInOneZone', 'LoadBalancerMissing'],
      ...['CacheCopyMissing', 'EtcdQuorumAtRisk', 'SentinelQuorumAtRisk'],
    ]);
  });

  it('nobody is nothing', () => {
    expect(must(known())).toEqual([]);
  });
});

describe('drills', async () => {
  const drills = await allDrills();

  it.each(drills.map((drill) => [drill.name, drill] as const))('%s names alerts that there are', (_name, drill) => {
    for (const mode of ['async', 'sync']) {
      const of = known(`database: { replicationMode: ${mode} }\n`);
      const { must, may } = drill.alerts(of);
      const all = alertsOf({ ...of.platform, certificatesEndMs: 1 }).map(({ name }) => name);
      // In async mode some are of the other one.
      const others = mode === 'async' ? ['DatabaseUnprotected'] : [];
      expect([...must, ...may].filter(({ name }) => ![...all, ...others].includes(name))).toEqual([]);
      expect(must).toEqual(expectedOn(of, { must, may }, false).must);
    }
  });

  it('excuse no rate of failed requests, and but for random faults no two holders of an address', () => {
    for (const drill of drills) {
      const { must, may } = drill.alerts(known());
      const names = [...must, ...may].map(({ name }) => name);
      expect(names).not.toContain('HighErrorRate');
      if (!drill.isRandom) expect(names).not.toContain('AddressHeldTwice');
    }
  });
});

describe('alerts that were seen', () => {
  const START = Date.parse('2026-01-01T00:00:00Z');
  const at = (seconds: number) => START + seconds * 1000;
  const alert = (name: string, sinceS: number, more: Partial<FiringAlert> = {}): FiringAlert => ({
    ...{ name, severity: 'warning', text: name, since: new Date(at(sinceS)).toISOString(), labels: {} },
    ...more,
  });
  const host = (name: string) => ({ host: name, labels: { host: name } });

  it('are missing until they fire, of the host that was meant', () => {
    const seen = new SeenAlerts();
    const must = [{ name: 'HostDown', host: 'x' }, { name: 'ZoneDown' }];
    seen.add(at(12), [alert('HostDown', 10, host('y')), alert('ZoneDown', 10)], 0);
    expect(seen.missing({ must }, at(5))).toEqual([{ name: 'HostDown', host: 'x' }]);
    seen.add(at(13), [alert('HostDown', 11, host('x'))], 0);
    expect(seen.missing({ must }, at(5))).toEqual([]);
  });

  it('of a fault before count neither for nor against this one, unless they hold', () => {
    const seen = new SeenAlerts();
    seen.add(at(1), [alert('DatabaseFailover', 0), alert('CrashLoop', 0)], 0);
    seen.add(at(12), [alert('DatabaseFailover', 0, { kept: true }), alert('CrashLoop', 0)], 0);
    expect(seen.missing({ must: named('DatabaseFailover', 'CrashLoop') }, at(5))).toEqual(named('DatabaseFailover'));
    expect(seen.unexpected({ must: [], may: [] }, at(5))).toEqual([]);
  });

  it('are unexpected unless the drill may cause them', () => {
    const seen = new SeenAlerts();
    seen.add(at(12), [alert('HostDown', 10, host('y')), alert('HighCpu', 10)], 0);
    const of = (must: { name: string; host?: string }[]) =>
      seen.unexpected({ must, may: named('HighCpu') }, at(5)).map(alertText);
    expect(of([{ name: 'HostDown', host: 'x' }])).toEqual(['HostDown (y)']);
    expect(of(named('HostDown'))).toEqual([]);
  });

  it('are over when they hold no more, though they are told for a while longer', () => {
    const seen = new SeenAlerts();
    seen.add(at(12), [alert('DatabaseFailover', 10), alert('HostDown', 11)], 0);
    const now = () => seen.now(at(5)).map(({ name, isKept }) => [name, isKept]);
    expect(now()).toEqual([
      ['DatabaseFailover', false],
      ['HostDown', false],
    ]);
    seen.add(at(20), [alert('DatabaseFailover', 10, { kept: true })], 0);
    expect(now()).toEqual([['DatabaseFailover', true]]);
    expect(seen.since(at(5)).map(({ name, heldMs }) => [name, heldMs])).toEqual([
      ['DatabaseFailover', at(12)],
      ['HostDown', at(12)],
    ]);
  });

  it('by both of a pair are one', () => {
    const seen = new SeenAlerts();
    seen.add(at(12), [alert('ZoneDown', 11), alert('ZoneDown', 10)], 0);
    seen.add(at(14), [alert('ZoneDown', 11), alert('ZoneDown', 10)], 0);
    expect(seen.since(at(5))).toEqual([
      { name: 'ZoneDown', labels: {}, sinceMs: at(10), firedMs: at(12), heldMs: at(14), isKept: false },
    ]);
  });

  it('that were kept, and hold again, are others', () => {
    const seen = new SeenAlerts();
    seen.add(at(1), [alert('CrashLoop', 0)], 0);
    seen.add(at(4), [alert('CrashLoop', 0, { kept: true })], 0);
    seen.add(at(12), [alert('CrashLoop', 0)], 0);
    expect(seen.unexpected({ must: [], may: [] }, at(5)).map(({ sinceMs }) => sinceMs)).toEqual([at(12)]);
  });

  it('are told by the time of day, which may have been set', () => {
    const seen = new SeenAlerts();
    seen.add(at(12), [alert('HostDown', 1010)], -1_000_000);
    expect(seen.since(at(5)).map(({ sinceMs }) => sinceMs)).toEqual([at(10)]);
    expect(seen.since(at(11))).toEqual([]);
  });
});
