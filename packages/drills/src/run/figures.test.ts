import { describe, expect, it } from 'vitest';
import type { OperationRecord } from '../workload/history.ts';
import { longestGap, percentile, recoveryFigures, series, workloadFigures } from './figures.ts';

const operation = (dueMs: number, latencyMs: number, change: Partial<OperationRecord> = {}): OperationRecord => ({
  index: 0,
  kind: 'earn',
  user: 0,
  dueMs,
  sentMs: dueMs,
  endMs: dueMs + latencyMs,
  attempts: 1,
  outcome: 'ok',
  ...change,
});
const moments = { beganMs: 0, faultMs: 1000, healedMs: 2000, endedMs: 3000 };

describe('percentile', () => {
  it('is the nearest rank', () => {
    expect(percentile([], 0.5)).toBeNull();
    expect(percentile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
    expect(percentile([7], 0)).toBe(7);
  });
});

describe('longestGap', () => {
  it('begins with the last acknowledgement before the fault', () => {
    expect(longestGap([100, 990, 3000, 3010], 1000)).toEqual({ gapMs: 2010, endMs: 3000 });
  });
  it('is not fooled by answers that were on their way when the fault came', () => {
    expect(longestGap([990, 1005, 1010, 5000], 1000)).toEqual({ gapMs: 3990, endMs: 5000 });
  });
  it('is undefined when nothing was acknowledged any more', () => {
    expect(longestGap([100, 990], 1000)).toBeUndefined();
  });
});

describe('workloadFigures', () => {
  it('counts by outcome and kind, and splits latencies by when requests were due', () => {
    const history = [
      operation(0, 10),
      operation(500, 20, { outcome: 'refused' }),
      operation(1500, 900, { attempts: 3, outcome: 'failed', kind: 'transfer' }),
      operation(2500, 30, { sentMs: 2600 }),
    ];
    expect(workloadFigures(history, 200, moments)).toEqual({
      rate: 200,
      sent: 4,
      ok: 3,
      failed: 1,
      retried: 1,
      late: 1,
      operations: { earn: { sent: 3, failed: 0 }, transfer: { sent: 1, failed: 1 } },
      latencyMs: {
        before: { p50: 10, p95: 20, p99: 20, max: 20 },
        during: { p50: 900, p95: 900, p99: 900, max: 900 },
        after: { p50: 30, p95: 30, p99: 30, max: 30 },
      },
    });
  });
});

describe('recoveryFigures', () => {
  it('counts from the fault; reads and failures are no writes', () => {
    const history = [operation(900, 50), operation(1200, 5, { kind: 'profile' }), operation(1000, 1500)];
    expect(recoveryFigures(history, moments, 30_000, 2100)).toEqual({
      promotedMs: 1100,
      firstWriteMs: 1500,
      writeGapMs: 1550,
      goalMs: 30_000,
    });
    expect(recoveryFigures([], moments, 1, undefined)).toEqual({ firstWriteMs: null, writeGapMs: null, goalMs: 1 });
  });
});

describe('series', () => {
  it('has one value a bucket, by the moment of the answer', () => {
    const { ok, writes, failed, max } = series(
      [
        operation(0, 10),
        operation(10, 300),
        operation(0, 260, { outcome: 'failed' }),
        operation(0, 20, { kind: 'login' }),
      ],
      { ...moments, endedMs: 600 },
    );
    expect({ ok, writes, failed, max }).toEqual({
      ok: [2, 1, 0],
      writes: [1, 1, 0],
      failed: [0, 1, 0],
      max: [20, 300, null],
    });
  });
});
