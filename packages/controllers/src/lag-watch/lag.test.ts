import { describe, expect, it } from 'vitest';
import { type Known, lagOf, lagText, NOTHING_KNOWN, type Standing } from './lag.ts';

/** Looks once a second. @returns the lag after each look, in seconds */
function looks(...standings: [Standing['state'], received: number, replayed: number][]): number[] {
  let known: Known = NOTHING_KNOWN;
  return standings.map(([state, received, replayed], second) => {
    const seen = lagOf(known, { state, received, replayed }, second * 1000);
    known = seen.known;
    return seen.lagMs / 1000;
  });
}

describe('the lag of a standby', () => {
  it('is the age of what it has replayed', () => {
    expect(looks(['streaming', 10, 10], ['streaming', 20, 10], ['streaming', 30, 10], ['streaming', 40, 30])).toEqual([
      0, 1, 2, 1,
    ]);
  });

  it('is none while it always replays what it received a moment before', () => {
    expect(looks(['streaming', 10, 5], ['streaming', 20, 15], ['streaming', 30, 25]).at(-1)).toBe(1);
  });

  it('is none after an idle hour', () => {
    expect(
      looks(
        ...Array.from({ length: 3600 }, () => ['streaming', 10, 10] as const).map(
          (each) => [...each] as [Standing['state'], number, number],
        ),
        ['streaming', 20, 10],
      ).at(-1),
    ).toBe(1);
  });

  it('grows while it receives nothing', () => {
    expect(looks(['streaming', 10, 10], ['waiting', 10, 10], ['waiting', 10, 10])).toEqual([0, 1, 2]);
  });

  it('is none while there is no primary, for however long: nobody has anything newer', () => {
    expect(
      looks(
        ['streaming', 10, 10],
        ...Array.from({ length: 60 }, (): [Standing['state'], number, number] => ['complete', 10, 10]),
      ),
    ).toEqual(Array.from({ length: 61 }, () => 0));
  });

  it('is none of one that begins while there is no primary, and counts once there is one', () => {
    expect(looks(['complete', 10, 10], ['waiting', 10, 10], ['waiting', 10, 10])).toEqual([0, 1, 2]);
  });

  it('is over as soon as it has replayed all', () => {
    expect(looks(['streaming', 10, 10], ['waiting', 10, 10], ['streaming', 90, 20], ['streaming', 90, 90])).toEqual([
      0, 1, 2, 0,
    ]);
  });

  it('is unknown, and so too much, before it ever received anything', () => {
    expect(looks(['waiting', 0, 0])).toEqual([Number.POSITIVE_INFINITY]);
  });

  it('counts from the first look where replay was behind then', () => {
    expect(looks(['streaming', 90, 10], ['streaming', 90, 20], ['streaming', 90, 30]).at(-1)).toBe(2);
  });

  it('is none of a primary, which begins anew when it is a standby again', () => {
    expect(looks(['streaming', 10, 5], ['primary', 0, 0], ['streaming', 20, 20])).toEqual([0, 0, 0]);
  });

  it('remembers no more than it needs', () => {
    let known: Known = NOTHING_KNOWN;
    for (let n = 0; n < 5000; n += 1)
      known = lagOf(known, { state: 'streaming', received: n + 10, replayed: 5 }, n).known;
    expect(known.samples.length).toBeLessThan(700);
    expect(lagOf(known, { state: 'streaming', received: 9000, replayed: 5 }, 5000).lagMs).toBe(5000);
  });
});

it('tells the lag in Prometheus’ form', () => {
  const lines = lagText({ seconds: 1.5, bytes: 42 }).split('\n');
  expect(lines.filter((line) => !line.startsWith('#'))).toEqual([
    'sbmcrm_replication_lag_seconds 1.5',
    'sbmcrm_replication_lag_bytes 42',
    '',
  ]);
});
