import { describe, expect, it } from 'vitest';
import { Moves } from './moves.ts';

/** Requests of `[second, from]`, and whether clients had just moved at the last of them. */
function seen(...requests: [number, string][]): boolean {
  const moves = new Moves();
  for (const [second, from] of requests) moves.came(from, second * 1000);
  return moves.isRecent((requests.at(-1)?.[0] ?? 0) * 1000);
}

describe('clients', () => {
  it.each<[string, [number, string][], boolean]>([
    [
      'have moved when they come over another load balancer',
      [
        [0, 'a'],
        [9, 'a'],
        [10, 'b'],
      ],
      true,
    ],
    [
      'have moved back',
      [
        [0, 'b'],
        [7, 'a'],
        [20, 'a'],
        [21, 'b'],
      ],
      true,
    ],
    [
      'have moved some seconds ago',
      [
        [0, 'a'],
        [10, 'b'],
        [15, 'b'],
        [19, 'b'],
      ],
      true,
    ],
    [
      'have moved long ago',
      [
        [0, 'a'],
        [10, 'b'],
        [15, 'b'],
        [21, 'b'],
      ],
      false,
    ],
    ['are the first ones', [[0, 'a']], false],
    [
      'come over both all the time',
      [
        [0, 'a'],
        [1, 'b'],
        [4, 'a'],
        [5, 'b'],
        [8, 'a'],
        [9, 'b'],
        [12, 'a'],
      ],
      false,
    ],
    [
      'come again after a time without any',
      [
        [0, 'a'],
        [30, 'a'],
      ],
      false,
    ],
    [
      'come after a long time',
      [
        [0, 'a'],
        [90, 'b'],
      ],
      false,
    ],
  ])('%s', (_what, requests, expected) => {
    expect(seen(...requests)).toBe(expected);
  });
});
