import { describe, expect, it } from 'vitest';
import { Growth } from './growth.ts';

/** One look a second. */
const seen = (looks: [inside: number, answered: number][], everyMs = 1000, elsewhereAtMs = Number.NaN) => {
  const growth = new Growth();
  looks.forEach(([inside, answered], second) => {
    growth.look(second * everyMs, false, inside, answered, 100);
    growth.look(second * everyMs + 1, second * everyMs === elsewhereAtMs, 0, 0, 100);
  });
  return growth.isTooMuch;
};

describe('those who wait become more', () => {
  it.each<[string, [number, number][], boolean]>([
    [
      'too much is asked: work goes on as ever',
      [
        [40, 90],
        [120, 60],
        [200, 110],
        [280, 80],
      ],
      true,
    ],
    [
      'nothing is done: that is a stall',
      [
        [40, 90],
        [120, 10],
        [200, 0],
        [280, 5],
      ],
      false,
    ],
    [
      'it has just begun',
      [
        [40, 90],
        [120, 100],
        [200, 100],
      ],
      false,
    ],
    [
      'it was so, and now they become fewer',
      [
        [40, 90],
        [280, 100],
        [200, 100],
        [30, 100],
      ],
      false,
    ],
    [
      'the backlog of a stall shrinks slowly',
      [
        [500, 100],
        [480, 100],
        [460, 100],
        [440, 100],
      ],
      false,
    ],
  ])('%s', (_what, looks, expected) => {
    expect(seen(looks)).toBe(expected);
  });

  it('says nothing where the primary was silent for a moment, or this process had time', () => {
    const tooMuch: [number, number][] = [0, 1, 2, 3, 4].map((second) => [40 + 80 * second, 100]);
    expect([0, 1000, 4000].map((atMs) => seen(tooMuch, 1000, atMs))).toEqual([true, false, false]);
  });

  it('says nothing where nobody could look', () => {
    expect(
      seen(
        [
          [40, 90],
          [120, 100],
          [200, 100],
          [280, 100],
        ],
        3000,
      ),
    ).toBe(false);
  });
});
