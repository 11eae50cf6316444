import { parseSpec } from '@sbmcrm/spec';
import { describe, expect, it } from 'vitest';
import { leastMemory } from './sizes.ts';
import { planTopology } from './topology.ts';

const GB = 1024 ** 3;
const spec = (yaml = '') => parseSpec(`platform: sbmcrm\n${yaml}`, 'test.yaml');
const sizes = (machine: number, yaml = '') => {
  const { hosts } = planTopology(spec(yaml), '10.77.0.0/16', machine);
  const memory = (name: string) => hosts.find((host) => host.name === name)?.size.memory ?? 0;
  return { memory, total: hosts.reduce((sum, host) => sum + host.size.memory, 0) };
};

describe('sizes of hosts', () => {
  it('are the spec’s where they fit', () => {
    const { memory } = sizes(128 * GB);
    expect([memory('postgres-a'), memory('redis-b'), memory('quorum-c')]).toEqual([8 * GB, 12 * GB, GB]);
  });

  it('leave a quarter of the machine to its user', () => {
    for (const gb of [6, 8, 16, 24, 64]) expect(sizes(gb * GB).total).toBeLessThanOrEqual(0.75 * gb * GB);
  });

  it('share what is left above what engines need to start, in proportion to what each wants above that', () => {
    const { memory } = sizes(8 * GB);
    const mb = (name: string) => memory(name) / 1024 ** 2;
    expect((mb('redis-a') - 192) / (12 * 1024 - 192)).toBeCloseTo((mb('postgres-a') - 384) / (8 * 1024 - 384), 3);
    expect(mb('quorum-a')).toBeGreaterThanOrEqual(256);
    expect(memory('postgres-a')).toBe(memory('replica-b'));
  });

  it('are at their least on a machine that is too small, and say how much would do', () => {
    const { total } = sizes(1 * GB);
    const { hosts } = planTopology(spec());
    expect(leastMemory(hosts)).toBeGreaterThan(total);
    expect(sizes(leastMemory(hosts)).total).toBeLessThanOrEqual(0.75 * leastMemory(hosts));
  });

  it('give a cache room for half as much again as its data', () => {
    expect(sizes(256 * GB, 'cache: { memory: 16GB }\n').memory('redis-a')).toBe(24 * GB);
    expect(sizes(256 * GB, 'cache: { memory: 1GB, size: { memory: 2GB } }\n').memory('redis-a')).toBe(2 * GB);
  });

  it('are the spec’s also where all of them are small and still do not fit', () => {
    const small = [
      'loadBalancer: { size: { memory: 128MB } }',
      'application: { size: { memory: 384MB } }',
      'database: { size: { memory: 384MB } }',
      'cache: { memory: 128MB, size: { memory: 192MB } }',
      'quorum: { size: { memory: 256MB } }',
    ];
    expect(sizes(3 * GB, `${small.join('\n')}\n`).memory('postgres-a')).toBe(384 * 1024 ** 2);
  });

  it('do not change with what a machine keeps for itself', () => {
    expect(sizes(23.55 * GB)).toMatchObject({ total: sizes(23.45 * GB).total });
  });
});
