import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline, deadlineOf } from './deadline.ts';

describe('the deadline of a request', () => {
  const now = 1_790_000_000_000;
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each<[string, string | undefined, left: number, age: number]>([
    ['no stamp', undefined, 29_500, 0],
    ['a stamp of now', String(now), 29_500, 0],
    ['four seconds on its way', String(now - 4000), 25_500, 4000],
    ['from a clock that is ahead', String(now + 4000), 29_500, 0],
    ['older than any request', String(now - 3_600_000), 29_500, 0],
    ['no number', 'yesterday', 29_500, 0],
    ['seconds', '1790000000', 29_500, 0],
  ])('%s', (_name, stamp, left, age) => {
    const deadline = deadlineOf(stamp, now, 30_000);
    expect([deadline.leftMs, deadline.ageMs]).toEqual([left, age]);
  });

  it('leaves a short deadline most of its time', () => {
    expect(deadlineOf(undefined, now, 1000).leftMs).toBe(950);
  });
});

describe('Deadline', () => {
  it('tells who waits that the client has gone', () => {
    const deadline = Deadline.in(1000);
    let told = 0;
    deadline.whenAbandoned(() => {
      told += 1;
    });
    deadline.abandon();
    expect([told, deadline.isAbandoned]).toEqual([1, true]);
  });
});
