import { readFileSync } from 'node:fs';

export interface Spread {
  median: number;
  max: number;
  runs: number[];
}

/** Median and maximum of some runs. */
export function spread(runs: readonly number[]): Spread {
  const sorted = [...runs].sort((x, y) => x - y);
  const middle = Math.floor(sorted.length / 2);
  const median =
    sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return { median, max: sorted.at(-1) ?? 0, runs: [...runs] };
}

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
