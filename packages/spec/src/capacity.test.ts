import { describe, expect, it } from 'vitest';
import { bounded, bySchedule, capacityOf, fromSpec } from './capacity.ts';

const SPEC = { min: 2, max: 6, desired: 2 };
const kept = JSON.stringify({ ...fromSpec(SPEC, 1), desired: 4, by: 'ops', atMs: 2 });

describe('the wanted capacity', () => {
  it('is the spec’s at first, and where what is kept is of no use', () => {
    for (const text of [undefined, '', '{', 'null', '[]', '{"min":0}', '{"min":2,"max":6,"desired":2}'])
      expect(capacityOf(text, SPEC, 9)).toEqual({ ...SPEC, spec: SPEC, by: 'the spec', atMs: 9 });
  });

  it('is what somebody wanted last, until the spec says something else', () => {
    expect(capacityOf(kept, SPEC, 9)).toMatchObject({ desired: 4, by: 'ops', atMs: 2 });
    expect(capacityOf(kept, { ...SPEC, min: 3, desired: 3 }, 9)).toMatchObject({
      desired: 3,
      by: 'the spec',
      atMs: 9,
    });
  });

  it('follows a schedule, and misses nothing that came while nobody looked', () => {
    const daily = (hour: number) => ({ latest: (nowMs: number) => Math.floor(nowMs / 24 - hour / 24) * 24 + hour });
    const schedule = {
      of: 'one',
      entries: [
        { times: daily(8), min: 4, desired: 5 },
        { times: daily(20), desired: 2 },
      ],
    };
    const begun = bySchedule(fromSpec(SPEC, 0), schedule, 30);
    // What was due before it was there is nothing that was missed.
    expect(begun).toMatchObject({ desired: 2, by: 'the spec', scheduled: { of: 'one', upToMs: 30 } });
    const day = bySchedule(begun, schedule, 33);
    expect(day).toMatchObject({ min: 4, max: 6, desired: 5, by: 'the schedule', atMs: 33, scheduled: { upToMs: 32 } });
    expect(bySchedule(day, schedule, 34)).toBe(day);
    expect(bySchedule(day, schedule, 45)).toMatchObject({ min: 2, desired: 2, scheduled: { upToMs: 44 } });
    expect(bySchedule(begun, schedule, 45)).toMatchObject({ min: 2, desired: 2, scheduled: { upToMs: 44 } });
    expect(bySchedule(day, { ...schedule, of: 'two' }, 45)).toMatchObject({ desired: 5, scheduled: { of: 'two' } });
    // It is kept, and read again.
    expect(capacityOf(JSON.stringify(day), SPEC, 50)).toEqual(day);
  });

  it('is never out of its bounds, and these fit together', () => {
    expect(bounded({ min: 5, max: 4, desired: 1 })).toEqual({ min: 4, max: 4, desired: 4 });
    expect(bounded({ min: 2, max: 4, desired: 9 })).toEqual({ min: 2, max: 4, desired: 4 });
  });
});
