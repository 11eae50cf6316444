import { inOrder } from '../format.ts';
import type { Mark, RunReport, Series } from '../types.ts';

/** What the page's script draws for one run. Times are seconds from the start of the load. */
export interface ChartData {
  id: number;
  bucketSeconds: number;
  /** Per second, one value a bucket. */
  ok: number[];
  writes: number[];
  failed: number[];
  /** Milliseconds. */
  p50: (number | null)[];
  p99: (number | null)[];
  max: (number | null)[];
  logLatency: boolean;
  /** In the order of time: the first is number 1. */
  marks: { at: number; kind: Mark['kind'] }[];
  /** From a fault to its heal. */
  faults: [from: number, to: number][];
}

/** More points than a chart has pixels only make the page heavy: ten minutes at four a second are 2,400. */
const MOST_BUCKETS = 1200;

/** Everything to draw of a run, rounded to what can be seen; undefined when there was no load. */
export function chartData(run: RunReport, id: number): ChartData | undefined {
  if (run.series.ok.length === 0) return undefined;
  const series = coarser(run.series, MOST_BUCKETS);
  const rate = (counts: number[]) => counts.map((value) => round3((value * 1000) / series.bucketMs));
  const latency = (values: (number | null)[]) => values.map((value) => (value === null ? null : round3(value)));
  const marks = inOrder(run.marks);
  return {
    id,
    bucketSeconds: series.bucketMs / 1000,
    ok: rate(series.ok),
    writes: rate(series.writes),
    failed: rate(series.failed),
    p50: latency(series.p50),
    p99: latency(series.p99),
    max: latency(series.max),
    logLatency: spansDecades(series),
    marks: marks.map(({ atMs, kind }) => ({ at: toSeconds(atMs), kind })),
    faults: faultSpans(marks, series.ok.length * series.bucketMs).map(([from, to]) => [toSeconds(from), toSeconds(to)]),
  };
}

/** Spans from a fault to the next heal, or to the end, in milliseconds. @param marks in the order of time */
export function faultSpans(marks: readonly Mark[], endMs: number): [from: number, to: number][] {
  const spans: [number, number][] = [];
  let since: number | undefined;
  for (const { kind, atMs } of marks) {
    if (kind === 'fault') since ??= atMs;
    if (kind === 'heal' && since !== undefined) {
      spans.push([since, atMs]);
      since = undefined;
    }
  }
  if (since !== undefined) spans.push([since, Math.max(since, endMs)]);
  return spans;
}

/** The same load in at most `limit` buckets. Of latencies each bucket shows the worst, so that no peak is smoothed away. */
export function coarser(series: Series, limit: number): Series {
  const factor = Math.ceil(series.ok.length / limit);
  if (factor <= 1) return series;
  const merge = <T, R>(values: readonly T[], of: (part: T[]) => R): R[] =>
    Array.from({ length: Math.ceil(values.length / factor) }, (_, index) =>
      of(values.slice(index * factor, (index + 1) * factor)),
    );
  // The last bucket may have fewer parts: scaled, or the load would seem to break down at its end.
  const sum = (part: number[]) => (part.reduce((total, value) => total + value, 0) * factor) / part.length;
  const worst = (part: (number | null)[]) => {
    const known = part.filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  return {
    bucketMs: series.bucketMs * factor,
    ok: merge(series.ok, sum),
    writes: merge(series.writes, sum),
    failed: merge(series.failed, sum),
    p50: merge(series.p50, worst),
    p99: merge(series.p99, worst),
    max: merge(series.max, worst),
  };
}

/** A stall of seconds beside answers of milliseconds: on a linear scale the latter are a line on the ground. */
function spansDecades({ p50, max }: Series): boolean {
  const usual = p50.filter((value) => value !== null).sort((x, y) => x - y);
  const median = usual[Math.floor(usual.length / 2)] ?? 0;
  return max.some((value) => value !== null && value > 20 * median);
}

function toSeconds(ms: number): number {
  return Math.round(ms) / 1000;
}

function round3(value: number): number {
  return Number(value.toPrecision(3));
}
