import { describe, expect, it } from 'vitest';
import { burn } from './slo.ts';

/** The bounds of a condition, in percent. */
const bounds = (text: string) => [...text.matchAll(/>= (\S+?)\)? /g)].map(([, bound]) => Number(bound));

describe('a budget', () => {
  const fast = { share: 2, within: '1h', also: '5m' } as const;

  it('burns fast where a share of it goes within a time: 7.2 times as fast as it lasts, for 15 days', () => {
    expect(bounds(burn({ percent: 0.1, windowHours: 360 }, fast))).toEqual([0.72]);
  });

  it('that is kept does not burn, however short it is counted over', () => {
    expect(bounds(burn({ percent: 0.1, windowHours: 24 }, fast))).toEqual([0.1]);
  });

  it('of a generous objective burns no faster than all requests can fail', () => {
    expect(bounds(burn({ percent: 10, windowHours: 8760 }, fast))).toEqual([100]);
  });
});
