import type { HostStatus } from '@sbmcrm/cloud';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { planRenewals } from './renew.ts';

const topology = planTopology(parseSpec('platform: sbmcrm\n', 'test.yaml'));
const hosts = (gone: readonly string[], stopped: readonly string[] = []): HostStatus[] =>
  topology.hosts.map(({ name, region, zone, address }) => ({
    ...{ name, region, zone, address, addresses: [], services: [], diskFailed: false, initPid: 1 },
    state: stopped.includes(name) ? 'stopped' : 'running',
    ...(gone.includes(name) ? { diskGone: true } : {}),
  }));
const LEADING = ['postgres-a', 'redis-a'];
const rounds = (...args: Parameters<typeof hosts>) =>
  planRenewals(topology, hosts(...args), new Set(), LEADING).map((round) =>
    round.map((step) => ('host' in step ? step.host : step.do)),
  );

describe('disks that were deleted while their hosts ran', () => {
  it('are renewed one of a role at a time, those that lead last', () => {
    expect(rounds(topology.hosts.map(({ name }) => name))).toEqual([
      ['lb-a', 'postgres-b', 'quorum-a', 'redis-b', 'replica-a', 'sbmcrm-api-01'],
      ['lb-b', 'quorum-b', 'replica-b', 'sbmcrm-api-02', 'postgres-a', 'redis-a'],
      ['quorum-c'],
    ]);
  });

  it('wait while one of the others of their role is not well', () => {
    expect(rounds(['postgres-a', 'redis-a', 'quorum-a'], ['postgres-b'])).toEqual([['quorum-a', 'redis-a']]);
    expect(planRenewals(topology, hosts(['quorum-a']), new Set(['quorum-b']), LEADING)).toEqual([]);
  });

  it('are none on a platform as it should be', () => {
    expect(rounds([])).toEqual([]);
  });
});
