import { describe, expect, it } from 'vitest';
import { blindSpots, dualWrites, type TakenWrite } from './dual.ts';

const write = (host: string, at: number, order: number): TakenWrite => ({
  host,
  startMs: at,
  endMs: at + 5,
  reign: String(order),
  order,
});
const span = (host: string, from: number, to: number, order: number) =>
  Array.from({ length: Math.round((to - from) / 100) + 1 }, (_, n) => write(host, from + n * 100, order));

describe('dualWrites', () => {
  it('finds nothing in a switchover there and back', () => {
    const writes = [...span('a', 0, 900, 1), ...span('b', 1200, 2000, 2), ...span('a', 2300, 3000, 3)];
    expect(dualWrites(writes)).toEqual([]);
  });

  it('finds an old primary that goes on after the new one has begun', () => {
    const writes = [...span('a', 0, 2000, 1), ...span('b', 1550, 3000, 2)];
    expect(dualWrites(writes).filter(({ host }) => host === 'a')).toHaveLength(5);
  });

  it('finds a single late write on the old timeline, e.g. of a host that was frozen', () => {
    expect(dualWrites([...span('a', 0, 900, 1), ...span('b', 1200, 2000, 2), write('a', 5000, 1)])).toEqual([
      write('a', 5000, 1),
    ]);
  });

  it('finds two that were promoted to the same timeline', () => {
    expect(dualWrites([...span('a', 1000, 2000, 2), ...span('b', 1250, 1800, 2)]).length).toBeGreaterThan(0);
  });

  it('works without an order: Redis has replication ids only', () => {
    const reigns = [...span('a', 0, 1000, 1), ...span('b', 1300, 2000, 2), ...span('a', 2300, 3000, 3)];
    const unordered = (list: TakenWrite[]) => list.map(({ order: _, ...each }) => each);
    expect(dualWrites(unordered(reigns))).toEqual([]);
    expect(dualWrites(unordered([...span('a', 0, 2000, 1), ...span('b', 500, 1500, 2)])).length).toBeGreaterThan(0);
  });
});

describe('blindSpots', () => {
  const moments = { beganMs: 0, faultMs: 10_000, endedMs: 30_000 };
  const looks = (host: string, fromMs: number, toMs: number, errors = 0) => ({
    host,
    times: Array.from({ length: (toMs - fromMs) / 100 }, (_, n) => fromMs + n * 100),
    errors,
  });

  it('is content with two looks a second', () => {
    expect(blindSpots([looks('a', 0, 6000)], moments, new Set())).toEqual([]);
  });

  it('finds a server that was not asked enough', () => {
    expect(blindSpots([looks('a', 0, 30_000), looks('b', 0, 2000, 7)], moments, new Set())).toEqual([
      'b was asked for writes only 20 times in 30.0 s (7 errors)',
    ]);
    expect(blindSpots([{ host: 'a', times: [], errors: 0 }], moments, new Set())).toHaveLength(1);
  });

  it('wants looks at a host that the fault hit up to the fault', () => {
    expect(blindSpots([looks('a', 0, 2000)], moments, new Set(['a']))).toEqual([]);
    expect(blindSpots([looks('a', 10_000, 30_000)], moments, new Set(['a']))).toHaveLength(1);
  });
});
