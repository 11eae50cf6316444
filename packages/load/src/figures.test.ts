import { describe, expect, it } from 'vitest';
import { latencyOf, loadFigures, percentile, voidLoad } from './figures.ts';
import type { OperationRecord } from './history.ts';

const operation = (dueMs: number, change: Partial<OperationRecord> = {}): OperationRecord => ({
  index: 0,
  kind: 'earn',
  user: 0,
  dueMs,
  sentMs: dueMs,
  endMs: dueMs + 10,
  attempts: 1,
  outcome: 'ok',
  ...change,
});

describe('percentile', () => {
  it('is the nearest rank', () => {
    expect(percentile([], 0.5)).toBeNull();
    expect(percentile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
    expect(percentile([7], 0)).toBe(7);
  });
});

describe('latencyOf', () => {
  it('counts from when a request was due', () => {
    expect(latencyOf([operation(0, { sentMs: 400, endMs: 500 })])).toEqual({ p50: 500, p95: 500, p99: 500, max: 500 });
    expect(latencyOf([])).toEqual({ p50: null, p95: null, p99: null, max: null });
  });
});

describe('loadFigures', () => {
  it('counts outcomes, and what was answered a second', () => {
    const operations = [
      ...Array.from({ length: 96 }, (_, n) => operation(n * 10)),
      operation(960, { outcome: 'declined' }),
      operation(970, { outcome: 'refused', endMs: 973 }),
      operation(980, { outcome: 'failed', attempts: 4 }),
      operation(990, { sentMs: 1041, endMs: 1050 }),
    ];
    expect(loadFigures(operations, 100)).toMatchObject({
      rate: 100,
      sent: 100,
      ok: 98,
      refused: 1,
      failed: 1,
      retried: 1,
      late: 1,
      goodput: 93.3,
      admittedMs: { p50: 10, max: 60 },
      refusedMs: { p50: 3, max: 3 },
      ends: { 'refused no answer': 1, 'failed no answer': 1 },
    });
  });

  it('shows a queue that grows as less than was asked for', () => {
    const slow = Array.from({ length: 100 }, (_, n) => operation(n * 10, { endMs: n * 20 + 10 }));
    expect(loadFigures(slow, 100).goodput).toBeLessThan(51);
  });
});

describe('voidLoad', () => {
  it('is void from the first late send past one of a hundred on', () => {
    expect(voidLoad({ sent: 1000, late: 10 })).toBeUndefined();
    expect(voidLoad({ sent: 1000, late: 11 })).toMatch(/11 of 1000 requests late \(1\.1 %\)/);
    expect(voidLoad({ sent: 0, late: 0 })).toBeUndefined();
  });
});
