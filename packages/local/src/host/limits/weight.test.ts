import { describe, expect, it } from 'vitest';
import { cpuShares } from '../oci/oci.ts';
import { platformWeights } from './weight.ts';

describe('weights', () => {
  it('give a platform two programs’ share of each processor, in both versions of control groups', () => {
    expect(platformWeights(2)).toEqual([
      { file: 'cpu.shares', value: 4096 },
      { file: 'cpu.weight', value: 400 },
    ]);
  });

  it('stay within what the kernel takes', () => {
    expect(platformWeights(256)).toContainEqual({ file: 'cpu.weight', value: 10_000 });
  });

  it('put first whom all others wait for', () => {
    expect(cpuShares({ cpus: 1, memory: 0, disk: 0 })).toBe(1024);
    expect(cpuShares({ cpus: 1, memory: 0, disk: 0, urgent: true })).toBeGreaterThan(
      cpuShares({ cpus: 4, memory: 0, disk: 0 }),
    );
  });
});
