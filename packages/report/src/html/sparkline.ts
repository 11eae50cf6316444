import type { Series } from '../types.ts';

const LEVELS = '▁▂▃▄▅▆▇█';
/** No write at all: lower than the lowest level, so that a gap is seen. */
const NOTHING = '·';

export interface Sparkline {
  text: string;
  /** Writes per second that the usual level stands for. */
  usual: number;
  /** The column of a time in milliseconds. */
  columnOf: (atMs: number) => number;
}

/** Writes per second over time in `width` characters. What waited and came all at once is cut at the top level. */
export function writesSparkline(series: Series, width: number): Sparkline {
  const { writes, bucketMs } = series;
  const columns = Math.min(width, writes.length);
  const edge = (column: number) => Math.floor((column * writes.length) / columns);
  const rates = Array.from({ length: columns }, (_, column) => {
    const part = writes.slice(edge(column), edge(column + 1));
    return (part.reduce((sum, value) => sum + value, 0) * 1000) / (part.length * bucketMs);
  });
  // Of the time with writes: a gap of more than half the load is not the usual.
  const steady = rates.filter((rate) => rate > 0).sort((x, y) => x - y);
  const usual = steady[Math.floor(steady.length / 2)] ?? 0;
  const top = usual > 0 ? 1.6 * usual : Math.max(...rates, 1);
  const level = (rate: number) =>
    rate === 0 ? NOTHING : LEVELS[Math.min(LEVELS.length - 1, Math.floor((rate / top) * LEVELS.length))];
  return {
    text: rates.map(level).join(''),
    usual,
    columnOf: (atMs) => Math.max(0, Math.min(columns - 1, Math.floor((atMs / (writes.length * bucketMs)) * columns))),
  };
}
