import { describe, expect, it } from 'vitest';
import { allowedMs, Deadline } from './deadline.ts';

describe('allowedMs', () => {
  const now = 1_790_000_000_000;
  it.each<[string, string | undefined, number]>([
    ['no stamp', undefined, 29_500],
    ['a stamp of now', String(now), 29_500],
    ['four seconds on its way', String(now - 4000), 25_500],
    ['from a clock that is ahead', String(now + 4000), 29_500],
    ['older than any request', String(now - 3_600_000), 29_500],
    ['no number', 'yesterday', 29_500],
    ['seconds', '1790000000', 29_500],
  ])('%s', (_name, stamp, expected) => {
    expect(allowedMs(stamp, now, 30_000)).toBe(expected);
  });

  it('leaves a short deadline most of its time', () => {
    expect(allowedMs(undefined, now, 1000)).toBe(950);
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
