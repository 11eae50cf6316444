import { describe, expect, it } from 'vitest';
import { isWarm, warmUpRate } from './warm-up.ts';

describe('the warm-up', () => {
  it('rises from a quarter of the rate to all of it', () => {
    expect([0, 1500, 3000, 9000].map((atMs) => warmUpRate(200, atMs))).toEqual([50, 125, 200, 200]);
  });

  it('is over when the rate is reached and no queue is left', () => {
    expect(isWarm(200, 3500, 0)).toBe(false);
    expect(isWarm(200, 4000, 50)).toBe(true);
    expect(isWarm(200, 4000, 51)).toBe(false);
    expect(isWarm(4, 4000, 5)).toBe(true);
  });
});
