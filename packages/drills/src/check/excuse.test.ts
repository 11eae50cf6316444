import { describe, expect, it } from 'vitest';
import { lagBound } from './excuse.ts';

describe('lagBound', () => {
  it('doubles what was measured, within bounds', () => {
    expect([lagBound([]), lagBound([90, 130]), lagBound([100, 900, 200]), lagBound([60_000])]).toEqual([
      500, 500, 1800, 5000,
    ]);
  });
});
