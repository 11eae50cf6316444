import { expect, it } from 'vitest';
import { Way } from './way.ts';

it('is neither there nor missing before the first look, and does not count time in which nobody looked', () => {
  const way = new Way(0);
  expect([way.lacksMs(9000), way.isSteady(9000)]).toEqual([0, false]);
  way.saw(false, 9000);
  way.saw(false, 10_000);
  expect(way.lacksMs(12_000)).toBe(3000);
  way.forgive(1000);
  expect(way.lacksMs(12_000)).toBe(2000);
  way.saw(true, 12_000);
  expect([way.lacksMs(13_000), way.isSteady(13_000)]).toEqual([0, false]);
  expect(way.isSteady(14_000)).toBe(true);
});
