import type { Comparison, HostStatus } from '@sbmcrm/cloud';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { planRenewals, type Renewing, waitingText } from './renew.ts';

const topology = planTopology(parseSpec('monitoring: { enabled: false }\n', 'test.yaml'));
const hosts = (gone: readonly string[], stopped: readonly string[] = []): HostStatus[] =>
  topology.hosts.map(({ name, region, zone, address, managementAddress }) => ({
    ...{ name, region, zone, address, managementAddress, addresses: [], services: [], diskFailed: false, initPid: 1 },
    state: stopped.includes(name) ? 'stopped' : 'running',
    ...(gone.includes(name) ? { diskGone: true } : {}),
  }));
const LEADING = ['postgres-a', 'redis-a'];
const code: Comparison = {
  ...{ isKnown: true, isNew: false, isOther: false, changed: [], reloads: [], mustRestart: false },
  otherCode: true,
};
const rounds = (found: HostStatus[], change: Partial<Renewing> = {}) =>
  planRenewals(topology, {
    hosts: found,
    comparisons: new Map(),
    excused: new Set(),
    leading: LEADING,
    ...change,
  }).rounds.map((round) => round.map(({ host }) => host));

describe('disks that were deleted while their hosts ran', () => {
  it('are renewed one of those with the same data at a time, those that lead last', () => {
    expect(rounds(hosts(topology.hosts.map(({ name }) => name)))).toEqual([
      ['lb-a', 'postgres-b', 'quorum-a', 'redis-b', 'sbmcrm-api-01'],
      ['lb-b', 'quorum-b', 'replica-a', 'sbmcrm-api-02', 'redis-a'],
      ['quorum-c', 'replica-b'],
      ['postgres-a'],
    ]);
  });

  it('wait while one of the others of their role is not well', () => {
    expect(rounds(hosts(['postgres-a', 'redis-a', 'quorum-a'], ['postgres-b']))).toEqual([['quorum-a', 'redis-a']]);
    const found = {
      hosts: hosts(['quorum-a']),
      comparisons: new Map(),
      excused: new Set(['quorum-b']),
      leading: LEADING,
    };
    const [waiting] = planRenewals(topology, found).waiting;
    expect(waiting && waitingText(waiting, 'it waits')).toBe(
      'the disk of quorum-a was deleted while it ran, and it is not started again now: it waits',
    );
    expect(rounds(hosts(['quorum-a']), { excused: new Set(['quorum-b']) })).toEqual([]);
  });

  it('are none on a platform as it should be', () => {
    expect(rounds(hosts([]))).toEqual([]);
  });
});

it('hosts that are to run other services are started again in the same way', () => {
  const comparisons = new Map(
    ['quorum-a', 'quorum-b'].map((name) => [name, { ...code, otherCode: undefined, mustRestart: true }]),
  );
  const found = { hosts: hosts([]), comparisons, excused: new Set<string>(), leading: LEADING } as unknown as Renewing;
  expect(planRenewals(topology, found).rounds).toEqual([
    [{ do: 'renew-host', host: 'quorum-a', because: 'services' }],
    [{ do: 'renew-host', host: 'quorum-b', because: 'services' }],
  ]);
});

it('hosts that run the code of another folder are started again in the same way', () => {
  const comparisons = new Map(['sbmcrm-api-01', 'sbmcrm-api-02', 'lb-a'].map((name) => [name, code]));
  const { rounds: planned } = planRenewals(topology, {
    hosts: hosts([]),
    comparisons,
    excused: new Set(),
    leading: LEADING,
  });
  expect(planned).toEqual([
    [
      { do: 'renew-host', host: 'lb-a', because: 'code' },
      { do: 'renew-host', host: 'sbmcrm-api-01', because: 'code' },
    ],
    [{ do: 'renew-host', host: 'sbmcrm-api-02', because: 'code' }],
  ]);
});
