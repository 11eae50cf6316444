import { readFileSync } from 'node:fs';

export { type Spread, spread } from '@sbmcrm/report';

/** Proportional set size of some processes, in MB: shared pages are counted once over all. */
export function memoryMb(pids: readonly number[]): number {
  let kilobytes = 0;
  for (const pid of pids) {
    try {
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0);
    } catch {
      // ended meanwhile
    }
  }
  return kilobytes / 1024;
}

/** Processor time of some processes and their ended children so far, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  const ticksPerSecond = 100;
  let ticks = 0;
  for (const pid of pids) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      for (const index of [11, 12, 13, 14]) ticks += fields[index] ?? 0;
    } catch {
      // ended meanwhile
    }
  }
  return ticks / ticksPerSecond;
}
