import { describe, expect, it } from 'vitest';
import { Throughput } from './throughput.ts';

/** @param rates done in each second, from second `from` on */
function work(throughput: Throughput, rates: readonly number[], from = 0): void {
  for (const [second, rate] of rates.entries()) {
    for (let n = 0; n < rate; n += 1) throughput.done((from + second + n / rate) * 1000);
  }
}

describe('throughput', () => {
  it('is 0 when nothing was done yet', () => {
    expect(new Throughput().best(5000)).toBe(0);
  });

  it('is the mean of three seconds', () => {
    const throughput = new Throughput();
    work(throughput, [30, 60, 90]);
    expect(throughput.best(3000)).toBe(60);
  });

  it('remembers the best through a stall, and forgets it after a quarter of a minute', () => {
    const throughput = new Throughput();
    work(throughput, [50, 50, 50, 50]);
    work(throughput, [1, 1, 1, 1, 1], 4);
    expect(throughput.best(9000)).toBe(50);
    work(throughput, Array<number>(15).fill(10), 9);
    expect(throughput.best(24_000)).toBeLessThan(25);
  });

  it('counts nothing from before what is asked for', () => {
    const throughput = new Throughput();
    work(throughput, [50, 50, 50, 50, 20, 22, 18]);
    expect(throughput.best(7000, 3999)).toBe(21);
    expect(throughput.best(7000, 0)).toBe(18);
    expect(throughput.best(7000)).toBe(50);
  });

  it('does not count the time without a primary', () => {
    const throughput = new Throughput();
    work(throughput, [50, 50, 50, 50]);
    throughput.best(4000);
    throughput.skip(64_000);
    expect(throughput.best(64_500)).toBe(50);
  });

  it('has nothing to remember after hours of silence', () => {
    const throughput = new Throughput();
    work(throughput, [50, 50, 50]);
    expect(throughput.best(7_200_000)).toBe(0);
  });
});
