import type { OperationRecord } from '@sbmcrm/load';
import { describe, expect, it } from 'vitest';
import { unfitBaseline } from './baseline.ts';

/** Five seconds of a load of 50 a second, answered in so many milliseconds. */
function operations(
  latencyMs: number,
  change: (n: number) => Partial<OperationRecord> = () => ({}),
): OperationRecord[] {
  return Array.from({ length: 250 }, (_, n) => {
    const dueMs = n * 20;
    const record = { kind: 'earn', outcome: 'ok', dueMs, sentMs: dueMs, endMs: dueMs + latencyMs, attempts: 1 };
    return { ...record, ...change(n) } as OperationRecord;
  });
}

describe('unfitBaseline', () => {
  it('has nothing against a load that is carried, also when the last answers are to come', () => {
    expect(unfitBaseline({ ended: operations(40), inFlight: 3, rate: 50 })).toBeUndefined();
    expect(unfitBaseline({ ended: operations(40).slice(0, 220), inFlight: 30, rate: 50 })).toBeUndefined();
  });

  it.each([
    [{ ended: operations(40), inFlight: 51, rate: 50 }, '51 requests under way at 50 a second'],
    [{ ended: operations(1200), inFlight: 9, rate: 50 }, 'p99 1200 ms'],
    [{ ended: operations(40, (n) => (n === 7 ? { outcome: 'failed' } : {})), inFlight: 0, rate: 50 }, '1 failed'],
    [{ ended: operations(40, (n) => (n < 2 ? { outcome: 'refused' } : {})), inFlight: 0, rate: 50 }, '2 refused'],
    [{ ended: [], inFlight: 9, rate: 50 }, 'nothing was answered'],
  ])('tells what was too much', (baseline, reason) => {
    expect(unfitBaseline(baseline)).toBe(reason);
  });

  it('is not put off by one late send, which a busy machine always has', () => {
    const ended = operations(1200, (n) => (n === 7 ? { sentMs: n * 20 + 60 } : {}));
    expect(unfitBaseline({ ended, inFlight: 0, rate: 50 })).toBe('p99 1200 ms');
  });

  it('leaves a load that was late itself to the verdict', () => {
    const late = operations(1200, (n) => ({ sentMs: n * 20 + 60 }));
    expect(unfitBaseline({ ended: late, inFlight: 0, rate: 50 })).toBeUndefined();
  });
});
