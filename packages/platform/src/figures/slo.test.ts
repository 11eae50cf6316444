import { parseSpec } from '@sbmcrm/spec';
import { describe, expect, it } from 'vitest';
import { sloReport } from './slo.ts';

const spec = parseSpec('platform: sbmcrm\nmonitoring: { slo: { availability: 99.9% } }\n', 'test.yaml');
const DAY = 86_400_000;

describe('an objective', () => {
  it('says what failed, what is left, and how fast it goes', () => {
    const { availability, budget, burn } = sloReport(spec, DAY, { requests: 100_000, failed: 25, knownMs: 2 * DAY }, [
      { over: '1h', requests: 1000, failed: 5 },
      { over: '6h', requests: 0, failed: 0 },
    ]);
    expect(availability).toBeCloseTo(99.975);
    expect(budget.allowed).toBe(100);
    expect(budget.left).toBeCloseTo(75);
    expect(burn[0]?.rate).toBeCloseTo(5);
    expect(burn[1]).toEqual({ over: '6h', rate: null });
  });

  it('may be missed', () => {
    expect(sloReport(spec, DAY, { requests: 1000, failed: 10, knownMs: 1 }, []).budget.left).toBeCloseTo(-900);
  });

  it('says nothing without requests', () => {
    const nothing = sloReport(spec, DAY, { requests: 0, failed: 0, knownMs: 3 * DAY }, []);
    expect(nothing).toMatchObject({ availability: null, budget: { allowed: 0, left: null }, knownMs: DAY });
  });
});
