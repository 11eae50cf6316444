import { describe, expect, it } from 'vitest';
import { Certain } from './certain.ts';
import type { Damage } from './damage.ts';

const damage = (atMs: number, host = 'redis-b'): Damage => ({
  host,
  part: 'cache',
  code: 'CACHE_DAMAGED',
  reason: 'its files do not load',
  atMs,
});

describe('a damage', () => {
  it('is certain once it is said again', () => {
    const certain = new Certain();
    expect([1000, 1000, 2000].map((atMs) => certain.isSaidAgain(damage(atMs)))).toEqual([false, false, true]);
    expect(certain.isSaidAgain(damage(3000, 'redis-a'))).toBe(false);
  });

  it('that was repaired is said twice anew', () => {
    const certain = new Certain();
    certain.isSaidAgain(damage(1000));
    certain.begin(damage(2000));
    expect([3000, 4000].map((atMs) => certain.isSaidAgain(damage(atMs)))).toEqual([false, true]);
  });

  it('is not repaired a third time', () => {
    const certain = new Certain();
    certain.begin(damage(1000));
    certain.begin(damage(2000));
    certain.begin(damage(2000, 'redis-a'));
    expect(() => certain.begin(damage(3000))).toThrow(/redis-b .*look at its disk/);
  });
});
