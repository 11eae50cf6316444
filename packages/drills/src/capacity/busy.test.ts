import { describe, expect, it } from 'vitest';
import { busyParts } from './busy.ts';
import { rateFor } from './platform.ts';

const use = (atMs: number, total: number, parts: Record<string, number>) => ({
  atMs,
  total,
  parts: new Map(Object.entries(parts)),
});

describe('busyParts', () => {
  it('tells shares of one core, most first; what is no host is others, and small ones are one', () => {
    const before = use(0, 100, { api: 10, postgres: 20, redis: 1, quorum: 1 });
    const after = use(10_000, 116, { api: 16, postgres: 24, redis: 1.1, quorum: 1.1 });
    expect(busyParts(before, after, 2)).toEqual([
      { name: 'api', cores: 0.6 },
      { name: 'postgres', cores: 0.4 },
      { name: 'others', cores: 0.38 },
      { name: 'the load itself', cores: 0.2 },
      { name: 'small ones', cores: 0.02 },
    ]);
  });

  it('does not count a host that came meanwhile from its beginning', () => {
    expect(busyParts(use(0, 0, {}), use(1000, 5, { api: 5 }), 0)).toEqual([{ name: 'others', cores: 5 }]);
  });
});

describe('rateFor', () => {
  it('is 60 % of the capacity, at most 200', () => {
    expect([rateFor({ rate: 1 }), rateFor({ rate: 100 }), rateFor({ rate: 334 }), rateFor({ rate: 5000 })]).toEqual([
      1, 60, 200, 200,
    ]);
  });
});
