import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { NetworkPlan } from '@sbmcrm/topology';
import { cgroupPath } from './oci.ts';

/** Against one busy program of the user's, each processor's. */
const WEIGHT_PER_CPU = 2;

/**
 * Control groups' weights of a whole platform. Left alone, all its hosts together would count as much as one process of the
 * user's: with one such process on each processor a platform of fourteen hosts got a third of the machine. Pure.
 *
 * @returns by version of control groups: the file and the value; version 2's default is 100, version 1's 1024
 */
export function platformWeights(cpus: number): { file: string; value: number }[] {
  const weight = cpus * WEIGHT_PER_CPU;
  return [
    { file: 'cpu.shares', value: weight * 1024 },
    { file: 'cpu.weight', value: Math.min(10_000, weight * 100) },
  ];
}

/** Gives this platform, and all platforms together, their weight. */
export function weighPlatforms(plan: NetworkPlan): void {
  const platform = dirname(cgroupPath(plan, 'host'));
  for (const root of ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct', '/sys/fs/cgroup']) {
    for (const { file, value } of platformWeights(availableParallelism())) {
      for (const group of [dirname(platform), platform]) {
        const path = join(root, group, file);
        if (existsSync(path)) writeFileSync(path, `${value}`);
      }
    }
  }
}
