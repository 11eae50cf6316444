import type { MeasuredCapacity } from '@sbmcrm/report';
import { describe, expect, it } from 'vitest';
import { busyParts } from './busy.ts';
import { lowered, rateFor } from './platform.ts';

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
  it.each([
    [[1, 1], 1],
    [[100, 150], 60],
    [[334, 334], 200],
    [[5000, 6000], 200],
  ] satisfies [[number, number], number][])('is 60 %% of the lowest of %j, at most 200: %d', (spread, rate) => {
    expect(rateFor({ spread })).toBe(rate);
  });
});

describe('lowered', () => {
  const found = {
    rate: 150,
    atLeast: false,
    spread: [120, 150],
    measuredAt: '',
    busy: [],
    cores: 2,
  } as MeasuredCapacity;

  it('is three quarters of the lowest, and keeps what was found first', () => {
    const once = lowered(found, 'p99 1200 ms');
    expect(once).toMatchObject({ rate: 90, spread: [90, 90], lowered: { from: 150, because: 'p99 1200 ms' } });
    expect(rateFor(once)).toBe(54);
    expect(lowered(once, '2 refused')).toMatchObject({ rate: 67, lowered: { from: 150, because: '2 refused' } });
  });

  it('is not "at least" any more, and never nothing', () => {
    expect(lowered({ ...found, atLeast: true, spread: [1, 1] }, '')).toMatchObject({ rate: 1, atLeast: false });
  });
});
