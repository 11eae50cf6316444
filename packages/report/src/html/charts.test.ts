import { describe, expect, it } from 'vitest';
import { aRun, aSkippedRun } from '../fixture.ts';
import type { Mark } from '../types.ts';
import { chartData, coarser, faultSpans } from './charts.ts';

const mark = (kind: Mark['kind'], atMs: number): Mark => ({ kind, atMs, label: '' });

describe('chartData', () => {
  it('counts per second and rounds to what can be seen', () => {
    const series = { bucketMs: 250, ok: [25], writes: [10], failed: [1], p50: [4.56789], p99: [1234.5], max: [null] };
    expect(chartData(aRun({ series, marks: [mark('role', 30.4), mark('fault', 20)] }), 7)).toMatchObject({
      id: 7,
      bucketSeconds: 0.25,
      ok: [100],
      writes: [40],
      failed: [4],
      p50: [4.57],
      p99: [1230],
      max: [null],
      marks: [
        { at: 0.02, kind: 'fault' },
        { at: 0.03, kind: 'role' },
      ],
      faults: [[0.02, 0.25]],
    });
  });

  it('takes a log scale when a stall stands beside quick answers', () => {
    expect(chartData(aRun(), 1)?.logLatency).toBe(true);
    const series = aRun().series;
    expect(chartData(aRun({ series: { ...series, max: series.max.map(() => 20) } }), 1)?.logLatency).toBe(false);
  });

  it('is nothing without a load', () => {
    expect(chartData(aSkippedRun('x', 'no netem'), 1)).toBeUndefined();
  });
});

it.each([
  [[], []],
  [[mark('fault', 5), mark('role', 6), mark('heal', 9)], [[5, 9]]],
  [[mark('fault', 5)], [[5, 100]]],
  [[mark('fault', 5), mark('fault', 6), mark('heal', 9), mark('heal', 10)], [[5, 9]]],
  [
    [mark('fault', 5), mark('heal', 9), mark('fault', 20), mark('heal', 30)],
    [
      [5, 9],
      [20, 30],
    ],
  ],
])('spans of faults, case %#', (marks, spans) => {
  expect(faultSpans(marks, 100)).toEqual(spans);
});

it('merges buckets without hiding a peak or inventing a drop', () => {
  const fine = {
    bucketMs: 100,
    ok: [1, 2, 3, 4, 5],
    writes: [1, 1, 1, 1, 1],
    failed: [0, 0, 1, 0, 0],
    p50: [1, 2, 3, null, null],
    p99: [1, 9, 3, null, null],
    max: [null, null, null, null, 5],
  };
  expect(coarser(fine, 3)).toEqual({
    bucketMs: 200,
    ok: [3, 7, 10],
    writes: [2, 2, 2],
    failed: [0, 1, 0],
    p50: [2, 3, null],
    p99: [9, 3, null],
    max: [null, null, 5],
  });
  expect(coarser(fine, 5)).toBe(fine);
});
