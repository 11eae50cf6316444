import { expect, it } from 'vitest';
import { spread } from './spread.ts';

it.each([
  [[3], 3, 3],
  [[3, 1, 2], 2, 3],
  [[4, 1, 2, 3], 2.5, 4],
  [[Infinity, 1, 2], 2, Infinity],
])('median and maximum of %j', (runs, median, max) => {
  expect(spread(runs)).toEqual({ median, max, runs });
});
