import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { HostSize } from '@sbmcrm/cloud';
import type { NetworkPlan } from '@sbmcrm/topology';
import { cgroupPath, cpuShares } from '../oci/oci.ts';

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

/** Where control groups are, in both versions. */
const ROOTS = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct', '/sys/fs/cgroup'];

/** Writes into a file of a control group, under whichever root it exists. @param group below the root */
function setInGroup(group: string, file: string, value: string): void {
  for (const root of ROOTS) {
    const path = join(root, group, file);
    if (existsSync(path)) writeFileSync(path, value);
  }
}

/** Gives this platform, and all platforms together, their weight. */
export function weighPlatforms(plan: NetworkPlan): void {
  const platform = dirname(cgroupPath(plan, 'host'));
  for (const { file, value } of platformWeights(availableParallelism())) {
    for (const group of [dirname(platform), platform]) setInGroup(group, file, `${value}`);
  }
}

/** Version 1's shares as version 2's weight, as runc translates them. @see https://github.com/opencontainers/cgroups ConvertCPUSharesToCgroupV2Value */
const weightOf = (shares: number) => 1 + Math.floor(((shares - 2) * 9999) / 262_142);

/**
 * Sets a running host's weight to a part of what its size gives it. One that has all of it is held to its processors, where its size says
 * so: a start may take more, as with clouds' own small instances.
 */
export function weighHost(plan: NetworkPlan, host: string, size: HostSize, part: number): void {
  if (size.limited && part === 1) limitHost(plan, host, size.cpus);
  const shares = Math.max(2, Math.round(cpuShares(size) * part));
  setInGroup(cgroupPath(plan, host), 'cpu.shares', `${shares}`);
  setInGroup(cgroupPath(plan, host), 'cpu.weight', `${weightOf(shares)}`);
}

/** Per period of 100 ms. */
const PERIOD_US = 100_000;

/** Sets a control group's quota of processor time. @param cores undefined: no limit */
function limitGroup(group: string, cores: number | undefined): void {
  const quota = cores === undefined ? undefined : Math.round(cores * PERIOD_US);
  setInGroup(group, 'cpu.cfs_quota_us', `${quota ?? -1}`);
  setInGroup(group, 'cpu.max', `${quota ?? 'max'} ${PERIOD_US}`);
}

/**
 * Limits a platform that is up to so many cores, all its hosts together: for measurements that are to be compared.
 *
 * @param cores any number above 0.01
 */
export function limitPlatform(plan: NetworkPlan, cores: number): void {
  limitGroup(dirname(cgroupPath(plan, 'host')), cores);
}

/** Limits one host that runs, see {@link limitPlatform}, until it stops. @param cores undefined: no limit any more */
export function limitHost(plan: NetworkPlan, host: string, cores: number | undefined): void {
  limitGroup(cgroupPath(plan, host), cores);
}
