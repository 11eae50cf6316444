import { parseSpec } from '@sbmcrm/spec';
import { describe, expect, it } from 'vitest';
import { hostAddresses, NetworkError, planNetwork } from './network.ts';
import { withPresent } from './present.ts';
import { hostsWith, planTopology, ZONES } from './topology.ts';

const spec = (yaml = '') => parseSpec(`platform: sbmcrm\n${yaml}`, 'test.yaml');

describe('planNetwork', () => {
  it('lays out data, management and floating addresses', () => {
    expect(planNetwork('10.78.0.0/16')).toMatchObject({
      id: 'sbm0a4e',
      data: { gateway: '10.78.0.1', cidr: '10.78.0.0/17' },
      management: { gateway: '10.78.128.1', cidr: '10.78.128.0/17' },
      floating: { public: '10.78.0.10', databasePrimary: '10.78.0.11', databaseReplica: '10.78.0.12' },
    });
  });

  it.each(['10.77.0.0/24', '8.8.0.0/16', '10.77.1.0/16', '10.300.0.0/16', '172.15.0.0/16', 'x', ''])(
    'refuses %j',
    (cidr) => {
      expect(() => planNetwork(cidr)).toThrow(NetworkError);
    },
  );

  it.each(['172.16.0.0/16', '192.168.0.0/16', '10.0.0.0/16'])('accepts %s', (cidr) => {
    expect(planNetwork(cidr).cidr).toBe(cidr);
  });
});

describe('regions', () => {
  const places = Object.entries(ZONES).map(([zone, place]) => ({ zone, ...place }));

  it('have zones of their own, and addresses in a quarter of the network of their own', () => {
    const quarters = places.map(({ region, number }) => [region, Math.floor(number / 64)]);
    expect(new Set(quarters.map(([, quarter]) => quarter))).toEqual(new Set([0, 1]));
    expect(new Set(quarters.map(String)).size).toBe(2);
    expect(new Set(places.map(({ number }) => number)).size).toBe(places.length);
    expect(hostAddresses(planNetwork('10.78.0.0/16'), ZONES.d.number, 10)).toEqual({
      address: '10.78.65.10',
      managementAddress: '10.78.193.10',
    });
  });

  it('are where their zones are: today every host is in the primary one', () => {
    const { hosts } = planTopology(spec());
    expect(hosts.map(({ region, zone }) => region === ZONES[zone].region)).not.toContain(false);
    expect(new Set(hosts.map(({ region }) => region))).toEqual(new Set(['primary']));
  });
});

describe('withPresent', () => {
  const planned = planTopology(spec());

  it('knows the servers that were added at run time, and nothing else', () => {
    const { hosts } = withPresent(planned, ['sbmcrm-api-01', 'sbmcrm-api-04', 'stranger', 'lb-a']);
    expect(hosts).toHaveLength(planned.hosts.length + 1);
    const slot = planned.apiSlots.find(({ name }) => name === 'sbmcrm-api-04');
    expect(hosts.at(-1)).toMatchObject({ role: 'api', zone: slot?.zone, address: slot?.address });
    expect(hosts.at(-1)?.size).toEqual(planned.hosts.find(({ role }) => role === 'api')?.size);
  });

  it('leaves out servers that are not wanted any more, unless they are there', () => {
    const names = (present: string[]) =>
      withPresent(planned, present, ['sbmcrm-api-02', 'sbmcrm-api-03', 'lb-a']).hosts.map(({ name }) => name);
    const all = planned.hosts.map(({ name }) => name);
    expect(names(['sbmcrm-api-01'])).toEqual(all.filter((name) => name !== 'sbmcrm-api-02'));
    expect(names(['sbmcrm-api-02', 'sbmcrm-api-03'])).toEqual([...all, 'sbmcrm-api-03']);
    // Those that are there may have no place any more.
    const both = withPresent(planned, ['sbmcrm-api-77'], ['sbmcrm-api-01', 'sbmcrm-api-02'], 2);
    expect(both.hosts.map(({ name }) => name)).toEqual(all);
  });

  it('is the plan where nothing was added', () => {
    expect(
      withPresent(
        planned,
        planned.hosts.map(({ name }) => name),
      ),
    ).toBe(planned);
  });
});

describe('planTopology', () => {
  const topology = planTopology(spec());

  it('has the hosts of the guide, each in its zone', () => {
    expect(topology.hosts.map((host) => `${host.name}@${host.zone}`)).toEqual([
      'lb-a@a',
      'lb-b@b',
      'sbmcrm-api-01@a',
      'sbmcrm-api-02@b',
      'postgres-a@a',
      'postgres-b@b',
      'replica-a@a',
      'replica-b@b',
      'redis-a@a',
      'redis-b@b',
      'quorum-a@a',
      'quorum-b@b',
      'quorum-c@c',
      'monitor-a@a',
      'monitor-b@b',
    ]);
  });

  it('keeps a majority of every quorum when any one zone is lost', () => {
    for (const service of ['etcd', 'sentinel'] as const) {
      const members = hostsWith(topology, service);
      for (const zone of ['a', 'b', 'c']) {
        expect(members.filter((host) => host.zone !== zone).length).toBeGreaterThan(members.length / 2);
      }
    }
  });

  it('gives every host and slot an address of its own', () => {
    const addresses = [
      ...topology.hosts.flatMap((host) => [host.address, host.managementAddress]),
      ...topology.apiSlots.filter((slot) => !slot.initial).map((slot) => slot.address),
      ...Object.values(topology.network.floating),
      topology.network.data.gateway,
      topology.network.management.gateway,
    ];
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it('has a slot for every instance up to max, balanced over the zones', () => {
    expect(topology.apiSlots).toHaveLength(10);
    expect(topology.apiSlots.filter((slot) => slot.zone === 'a')).toHaveLength(5);
    expect(topology.apiSlots[2]).toMatchObject({
      name: 'sbmcrm-api-03',
      zone: 'a',
      initial: false,
      address: '10.77.1.23',
    });
  });

  it('starts as many servers as are desired, those that the spec names first', () => {
    const four = planTopology(spec('application: { autoScaling: { desired: 4 } }\n'));
    expect(four.hosts.filter(({ role }) => role === 'api').map(({ name, zone }) => `${name}@${zone}`)).toEqual([
      'sbmcrm-api-01@a',
      'sbmcrm-api-02@b',
      'sbmcrm-api-03@a',
      'sbmcrm-api-04@b',
    ]);
  });

  it('numbers hosts of a kind that share a zone', () => {
    const same = planTopology(spec('database: { readReplicas: [{ zone: a }, { zone: a }] }\n'));
    expect(same.hosts.filter((host) => host.role === 'read-replica').map((host) => host.name)).toEqual([
      'replica-a',
      'replica-a-2',
    ]);
  });

  it('runs one load balancer without multiAz', () => {
    expect(hostsWith(planTopology(spec('loadBalancer: { multiAz: false }\n')), 'haproxy')).toHaveLength(1);
  });
});
