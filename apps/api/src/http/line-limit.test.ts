import { expect, it } from 'vitest';
import { LineLimit } from './line-limit.ts';

it('lets a few lines a second through and tells how many it left out', () => {
  const lines = new LineLimit(2);
  expect([0, 1, 2, 999].map((now) => lines.admit(now))).toEqual([0, 0, undefined, undefined]);
  expect([1000, 1001, 1002].map((now) => lines.admit(now))).toEqual([2, 0, undefined]);
});
