import { describe, expect, it } from 'vitest';
import { findCapacity, tooMuch } from './capacity.ts';

/** A platform that carries so much, one value a pass of the search if there are several. */
function platform(limits: number[]): {
  run: (rate: number) => Promise<{ rate: number; holds: boolean }>;
  tried: number[];
} {
  const tried: number[] = [];
  const run = async (rate: number) => {
    tried.push(rate);
    return { rate, holds: rate <= (limits[Math.min(limits.length, tried.length) - 1] ?? 0) };
  };
  return { run, tried };
}

describe('findCapacity', () => {
  it.each([20, 51, 260, 1234])('finds %d within a tenth', async (limit) => {
    const { rate, atLeast, spread } = await findCapacity(platform([limit]).run, 5000);
    expect(rate).toBeLessThanOrEqual(limit);
    expect(rate).toBeGreaterThan(limit / 1.12);
    expect(atLeast).toBe(false);
    expect(spread[0]).toBeLessThanOrEqual(rate);
    expect(spread[1]).toBeGreaterThanOrEqual(rate);
  });

  it('ends when enough is carried, and never asks for more', async () => {
    const { run, tried } = platform([5000]);
    expect(await findCapacity(run, 334, 1)).toEqual({ rate: 334, atLeast: true, spread: [334, 334] });
    expect(Math.max(...tried)).toBe(334);
    expect(tried.length).toBeLessThan(8);
  });

  it('says what is in the way when nothing is carried', async () => {
    const nothing = async (rate: number) => ({ rate, holds: false, reason: 'p99 9000 ms' });
    await expect(findCapacity(nothing, 334)).rejects.toThrow(/not even carry 5 requests a second \(p99 9000 ms\)/);
  });

  it('tells the spread of several passes', async () => {
    // The machine gets slower after the first pass.
    let steps = 0;
    const run = async (rate: number) => ({ rate, holds: rate <= (++steps > 9 ? 150 : 260) });
    const { spread, rate } = await findCapacity(run, 5000);
    expect(spread[0]).toBeLessThanOrEqual(150);
    expect(spread[1]).toBeGreaterThan(200);
    expect(rate).toBeLessThanOrEqual(150);
  });
});

describe('tooMuch', () => {
  const good = { rate: 100, goodput: 100, failed: 0, refused: 0, latencyMs: { p99: 900 } };
  it.each([
    [{}, undefined],
    [{ failed: 1 }, '1 failed'],
    [{ refused: 2 }, '2 refused'],
    [{ latencyMs: { p99: 1001 } }, 'p99 1001 ms'],
    [{ latencyMs: { p99: null } }, 'nothing was answered'],
    [{ goodput: 94 }, '94 of 100 a second answered'],
  ])('%j: %s', (change, reason) => {
    expect(tooMuch({ ...good, ...change })).toBe(reason);
  });
});
