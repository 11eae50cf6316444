import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { planSoak, soakRuns } from './soak.ts';

const { hosts } = planTopology(parseSpec('platform: sbmcrm\n', 'sbmcrm.yaml'));
const roleOf = (target: string) => hosts.find(({ name }) => name === target.split('/')[0])?.role;
const seeds = Array.from({ length: 2000 }, (_, seed) => seed);

describe('faults of a soak test', () => {
  it('are the same for the same seed, and others for another one', () => {
    expect(planSoak(7, hosts)).toEqual(planSoak(7, hosts));
    expect(new Set(seeds.map((seed) => JSON.stringify(planSoak(seed, hosts)))).size).toBeGreaterThan(1900);
  });

  it('hit one member of a part at a time, and in the long run every kind and every part', () => {
    const plans = seeds.map((seed) => planSoak(seed, hosts));
    for (const plan of plans) {
      expect(plan.length).toBeGreaterThan(0);
      expect(new Set(plan.map(({ target }) => roleOf(target))).size).toBe(plan.length);
    }
    const all = plans.flat();
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(['stop', 'pause', 'isolate', 'kill']));
    expect(new Set(all.map(({ target }) => target.split('/')[0]))).toEqual(new Set(hosts.map(({ name }) => name)));
    // More than a lease, and what nobody may notice.
    expect(all.filter(({ forMs }) => forMs > 25_000).length).toBeGreaterThan(100);
    expect(all.filter(({ forMs }) => forMs < 2000).length).toBeGreaterThan(100);
    for (const { kind, target } of all) if (kind === 'kill') expect(target).toContain('/');
  });

  it('leave a part alone of which nobody would go on', () => {
    const single = hosts.filter(({ name }) => name !== 'lb-b' && name !== 'quorum-c');
    const targets = seeds.flatMap((seed) => planSoak(seed, single)).map(({ target }) => roleOf(target));
    expect(new Set(targets)).toEqual(new Set(['database', 'cache', 'api', 'read-replica', 'monitor']));
  });

  it('come in as many runs as they need', () => {
    const runs = soakRuns(1, 20, hosts);
    const planned = (count: number) => seeds.slice(1, count + 1).flatMap((seed) => planSoak(seed, hosts)).length;
    expect(planned(runs)).toBeGreaterThanOrEqual(20);
    expect(planned(runs - 1)).toBeLessThan(20);
    expect(soakRuns(1, 20, [])).toBe(0);
  });
});
