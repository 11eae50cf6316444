/** What repeats of one measurement say together. */
export interface Spread {
  median: number;
  max: number;
  /** Every value, in the order of the runs. */
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
