import { describe, expect, it } from 'vitest';
import { Limiter } from './limiter.ts';

/** A server on which `n` at a time each take `n` times as long as alone, or each the same. */
function serve(limiter: Limiter, rounds: number, tookMs: (inside: number) => number, startMs = 0): number {
  let now = startMs;
  for (let round = 0; round < rounds; round += 1) {
    const inside = limiter.limit;
    const took = tookMs(inside);
    now += took;
    for (let n = 0; n < inside; n += 1) limiter.left({ tookMs: took, isLate: false, wasFull: true }, now);
  }
  return now;
}

describe('the limiter', () => {
  it('begins low, and doubles while all is quick', () => {
    const limiter = new Limiter(20);
    expect(limiter.limit).toBe(2);
    serve(limiter, 1, () => 10);
    expect(limiter.limit).toBe(4);
    serve(limiter, 5, () => 10);
    expect(limiter.limit).toBe(20);
  });

  it('does not grow while it is not felt', () => {
    const limiter = new Limiter(20);
    for (let n = 0; n < 100; n += 1) limiter.left({ tookMs: 10, isLate: false, wasFull: false }, n * 100);
    expect(limiter.limit).toBe(2);
  });

  it('settles where work takes about a second when our own crowd makes it slow', () => {
    const limiter = new Limiter(20);
    serve(limiter, 200, (inside) => inside * 200);
    expect(limiter.limit).toBeGreaterThanOrEqual(3);
    expect(limiter.limit).toBeLessThanOrEqual(6);
  });

  it('gives its places back when cutting does not help: a slow network is not mended by fewer requests', () => {
    const limiter = new Limiter(20);
    const end = serve(limiter, 10, () => 10);
    serve(limiter, 100, () => 1500, end);
    expect(limiter.limit).toBe(20);
  });

  it('cuts once for all that went in before the cut', () => {
    const limiter = new Limiter(20);
    const now = serve(limiter, 10, () => 10) + 6000;
    for (let n = 0; n < 4; n += 1) limiter.left({ tookMs: 6000, isLate: true, wasFull: true }, now);
    expect(limiter.limit).toBe(14);
  });

  it('takes no more places where they bring nothing: two processors do not get more done for twenty', () => {
    const limiter = new Limiter(20);
    const now = serve(limiter, 1, () => 10);
    limiter.restart();
    serve(limiter, 200, (inside) => 10 * inside, now);
    expect(limiter.limit).toBeGreaterThanOrEqual(4);
    expect(limiter.limit).toBeLessThanOrEqual(8);
  });

  it('takes all places where work waits for something else than a processor', () => {
    const limiter = new Limiter(20);
    serve(limiter, 200, () => 400);
    expect(limiter.limit).toBe(20);
  });

  it('starts low again with a new primary, and grows by one in a round once there are a few', () => {
    const limiter = new Limiter(20);
    const now = serve(limiter, 10, () => 10);
    limiter.restart();
    expect(limiter.limit).toBe(2);
    const later = serve(limiter, 1, () => 10, now);
    expect(limiter.limit).toBe(4);
    serve(limiter, 4, () => 10, later);
    expect(limiter.limit).toBeLessThanOrEqual(8);
    expect(limiter.limit).toBeGreaterThanOrEqual(7);
  });

  it('has no more places than there are', () => {
    expect(new Limiter(1).limit).toBe(1);
  });
});
