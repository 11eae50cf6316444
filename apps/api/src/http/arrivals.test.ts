import { expect, it } from 'vitest';
import { Arrivals } from './arrivals.ts';

/** @param times when requests came, in the order in which they are read */
function rateOf(times: readonly number[]): number {
  const arrivals = new Arrivals();
  for (const atMs of times) arrivals.came(atMs);
  return arrivals.perSecond();
}
const steady = (perSecond: number, fromMs: number, toMs: number) =>
  Array.from({ length: Math.round(((toMs - fromMs) / 1000) * perSecond) }, (_, n) => fromMs + (n * 1000) / perSecond);

it('is how many came in the last second', () => {
  expect(rateOf(steady(60, 0, 5000))).toBeCloseTo(60, -1);
  expect(rateOf(steady(300, 0, 5000))).toBeCloseTo(300, -1);
  expect(rateOf([])).toBe(0);
});

it('is as many as came, though they are read late, and not in order', () => {
  const times = steady(60, 0, 5000);
  expect(rateOf([...times.slice(0, 200), ...times.slice(200).reverse()])).toBeCloseTo(60, -1);
});

it('knows a flood soon', () => {
  const rate = rateOf([...steady(60, 0, 5000), ...steady(300, 5000, 5400)]);
  expect(rate).toBeGreaterThan(120);
});

it('forgets', () => {
  expect(rateOf([...steady(300, 0, 1000), ...steady(10, 3000, 5000)])).toBeLessThan(15);
  // One that was on its way for ever.
  expect(rateOf([...steady(10, 3000, 5000), 0, 0, 0])).toBeLessThan(15);
});
