import type { OperationRecord } from '@sbmcrm/load';
import { describe, expect, it } from 'vitest';
import { calmAfter, calmGoal, calmLimit, longestGap, recoveryFigures, series, workloadFigures } from './figures.ts';

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
const moments = { beganMs: 0, faultMs: 1000, effectMs: 1200, healedMs: 2000, endedMs: 3000 };
/** One operation each so many milliseconds. */
const steady = (fromMs: number, toMs: number, latencyMs: number, everyMs = 20) =>
  Array.from({ length: Math.ceil((toMs - fromMs) / everyMs) }, (_, n) => operation(fromMs + n * everyMs, latencyMs));

describe('longestGap', () => {
  it('begins with the last acknowledgement before the fault', () => {
    expect(longestGap([100, 990, 3000, 3010], 1000, 3020)).toEqual({ gapMs: 2010, ended: true });
  });
  it('is not fooled by answers that were on their way when the fault came', () => {
    expect(longestGap([990, 1005, 1010, 5000], 1000, 5010)).toEqual({ gapMs: 3990, ended: true });
  });
  it('counts a gap that does not end up to the end of the load', () => {
    expect(longestGap([990, 1005, 1500, 2000], 1000, 9000)).toEqual({ gapMs: 7000, ended: false });
    expect(longestGap([100, 990], 1000, 9000)).toEqual({ gapMs: 8010, ended: false });
    expect(longestGap([], 1000, 9000)).toEqual({ gapMs: 8000, ended: false });
  });
  it('tells of writes that are away at the end, also when an earlier gap was longer', () => {
    expect(longestGap([990, 6000, 6010], 1000, 8000)).toEqual({ gapMs: 5010, ended: false });
  });
  it('ends with an answer that came after the load had stopped sending', () => {
    expect(longestGap([990, 1005, 9500], 1000, 9000)).toEqual({ gapMs: 8495, ended: true });
  });
});

describe('workloadFigures', () => {
  const history = [
    operation(-500, 5000), // the warm-up
    operation(0, 10),
    operation(500, 20, { outcome: 'declined' }),
    operation(900, 26_000), // under way when the fault came
    operation(1500, 900, { attempts: 3, outcome: 'failed', kind: 'transfer' }),
    operation(1600, 5, { outcome: 'refused', kind: 'transfer' }),
    operation(2500, 30, { sentMs: 2600 }),
  ];

  it('counts by outcome and kind, without the warm-up', () => {
    expect(workloadFigures(history, 200, moments)).toMatchObject({
      rate: 200,
      sent: 6,
      ok: 4,
      refused: 1,
      failed: 1,
      retried: 1,
      late: 1,
      operations: { earn: { sent: 4, failed: 0 }, transfer: { sent: 2, failed: 1 } },
    });
  });

  it('keeps what was under way at the fault apart from what was before it', () => {
    const { latencyMs } = workloadFigures(history, 200, moments);
    expect(latencyMs.before).toEqual({ p50: 10, p95: 20, p99: 20, max: 20 });
    expect(latencyMs.inFlight).toEqual({ p50: 26_000, p95: 26_000, p99: 26_000, max: 26_000 });
    expect(latencyMs.during.max).toBe(900);
    expect(latencyMs.after).toEqual({ p50: 30, p95: 30, p99: 30, max: 30 });
  });
});

describe('recoveryFigures', () => {
  const input = {
    moments,
    goalMs: 30_000,
    rate: 100,
    capacity: undefined,
    promotedAtMs: undefined,
    healMs: undefined,
  };

  it('counts from the fault; reads and failures are no writes', () => {
    const history = [
      operation(900, 50),
      operation(1200, 5, { kind: 'profile' }),
      operation(1200, 5, { outcome: 'failed' }),
      operation(1000, 1500),
      operation(2400, 590),
    ];
    expect(recoveryFigures(history, { ...input, promotedAtMs: 2100 })).toMatchObject({
      promotedMs: 1100,
      effectMs: 200,
      firstWriteMs: 1500,
      writeGapMs: 1550,
      writeGapEnded: true,
      goalMs: 30_000,
      healMs: null,
    });
  });

  it('takes the first acknowledgement after the fault had taken effect, not the end of the longest gap', () => {
    const history = [operation(950, 10), operation(1050, 50), operation(1240, 10), operation(1250, 1740)];
    expect(recoveryFigures(history, input)).toMatchObject({ firstWriteMs: 250, writeGapMs: 1740 });
  });

  it('counts a double click of which one answer said done', () => {
    const half = operation(1200, 100, { kind: 'repeat', outcome: 'failed', acknowledged: true });
    expect(recoveryFigures([half], input)).toMatchObject({ firstWriteMs: 300 });
  });

  it('has no first write where none came, and a gap up to the end', () => {
    expect(recoveryFigures([], input)).toMatchObject({ firstWriteMs: null, writeGapMs: 2000, writeGapEnded: false });
  });
});

describe('calm', () => {
  it('may be twice as slow as before, or what no client notices', () => {
    expect([calmLimit(null), calmLimit(10), calmLimit(400)]).toEqual([null, 250, 800]);
  });

  it('has time for the backlog of the gap, by the capacity to spare', () => {
    expect(calmGoal(20_000, 200, 300)).toBe(50_000); // 4000 requests at 100 a second, and 10 s
    expect(calmGoal(0, 200, 300)).toBe(10_000);
    expect(calmGoal(1000, 60, undefined)).toBe(11_500); // 60 % of 100
  });

  it('begins with the first five seconds that are fast', () => {
    const at = { healedMs: 0, endedMs: 20_000 };
    expect(calmAfter(steady(0, 20_000, 10), at, 250)).toBe(0);
    expect(calmAfter([...steady(0, 4000, 900), ...steady(4000, 20_000, 10)], at, 250)).toBe(4000);
    expect(calmAfter(steady(0, 20_000, 900), at, 250)).toBeNull();
    expect(calmAfter([], at, 250)).toBeNull();
    // A load that ends too early has not shown it.
    expect(calmAfter(steady(0, 3000, 10), { healedMs: 0, endedMs: 3000 }, 250)).toBeNull();
  });
});

describe('series', () => {
  it('has one value a bucket, by the moment of the answer', () => {
    const { ok, writes, failed, max } = series(
      [
        operation(-300, 10), // the warm-up
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
