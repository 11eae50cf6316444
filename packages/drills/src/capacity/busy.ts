import { cpus } from 'node:os';
import type { HostAccess } from '@sbmcrm/cloud';

/** Parts that use less than this share of a core are summed up as one. */
const LEAST_CORES = 0.02;

/** Processor time used so far, in seconds. */
export interface CpuUse {
  atMs: number;
  /** Of the whole machine. */
  total: number;
  /** By part: hosts of the platform. */
  parts: ReadonlyMap<string, number>;
}

/** A look at the clocks of the machine's processors and, where the provider tells, of the platform's hosts. */
export function cpuUse({ cpuSeconds }: HostAccess): CpuUse {
  const total = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
  return { atMs: performance.now(), total, parts: cpuSeconds?.() ?? new Map() };
}

/**
 * What was busy between two looks: shares of one core by part, most first; what is no host of the platform is "others". Pure.
 *
 * @param load processor time of the load itself, in seconds
 */
export function busyParts(before: CpuUse, after: CpuUse, load: number): { name: string; cores: number }[] {
  const seconds = Math.max(0.001, (after.atMs - before.atMs) / 1000);
  const hosts = [...after.parts].map(([name, used]) => ({ name, used: used - (before.parts.get(name) ?? used) }));
  const known = hosts.reduce((sum, { used }) => sum + used, 0) + load;
  const all = [
    ...hosts,
    { name: 'the load itself', used: load },
    { name: 'others', used: Math.max(0, after.total - before.total - known) },
  ].map(({ name, used }) => ({ name, cores: Math.round((used / seconds) * 100) / 100 }));
  const small = all.filter(({ cores }) => cores < LEAST_CORES).reduce((sum, { cores }) => sum + cores, 0);
  return all
    .filter(({ cores }) => cores >= LEAST_CORES)
    .concat(small >= LEAST_CORES ? [{ name: 'small ones', cores: Math.round(small * 100) / 100 }] : [])
    .sort((x, y) => y.cores - x.cores);
}
