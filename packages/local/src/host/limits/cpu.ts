import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkPlan } from '@sbmcrm/topology';
import { cgroupPath } from '../oci/oci.ts';

/**
 * Processor time that each running host of a platform has used so far, in seconds, by the kernel's own accounts.
 *
 * @returns by host name; empty where the platform has no control groups
 */
export function hostCpuSeconds(plan: NetworkPlan): Map<string, number> {
  const used = new Map<string, number>();
  for (const [root, read] of [
    ['/sys/fs/cgroup/cpuacct', fromCpuacct],
    ['/sys/fs/cgroup', fromCpuStat],
  ] as const) {
    const folder = join(root, cgroupPath(plan, ''));
    for (const host of foldersIn(folder)) {
      const seconds = read(join(folder, host));
      if (seconds !== undefined) used.set(host, seconds);
    }
    if (used.size > 0) break;
  }
  return used;
}

/** Version 1 counts in nanoseconds. */
function fromCpuacct(folder: string): number | undefined {
  const text = textOf(join(folder, 'cpuacct.usage'));
  return text === undefined ? undefined : Number(text) / 1e9;
}

/** Version 2 counts in microseconds. */
function fromCpuStat(folder: string): number | undefined {
  const usage = /^usage_usec (\d+)/m.exec(textOf(join(folder, 'cpu.stat')) ?? '')?.[1];
  return usage === undefined ? undefined : Number(usage) / 1e6;
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? [each.name] : []));
  } catch {
    return [];
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
