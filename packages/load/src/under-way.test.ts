import { describe, expect, it } from 'vitest';
import { UnderWay } from './under-way.ts';

describe('UnderWay', () => {
  it('tells all who wait when the last one has ended, failed ones too', async () => {
    const underWay = new UnderWay();
    await underWay.drained();
    const ends: ((error?: Error) => void)[] = [];
    for (let n = 0; n < 3; n++) {
      underWay.add(
        new Promise((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve(undefined)))),
      );
    }
    let told = 0;
    const waiting = [underWay.drained(), underWay.drained()].map((each) => each.then(() => told++));
    ends[0]?.();
    ends[1]?.(new Error('no'));
    await new Promise((next) => setTimeout(next, 1));
    expect([underWay.count, underWay.most, told]).toEqual([1, 3, 0]);
    ends[2]?.();
    await Promise.all(waiting);
    expect([underWay.count, told]).toEqual([0, 2]);
  });
});
