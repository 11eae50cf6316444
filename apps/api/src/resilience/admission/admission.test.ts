import { describe, expect, it } from 'vitest';
import { canFinish, expectedWaitMs, isStalled, isWorthWaiting, type RoomState, rateToCome } from './admission.ts';

/** Under its full load: as many at work as there are places. */
const room = (change: Partial<RoomState> = {}): RoomState => ({
  isOpen: true,
  closedAtMs: undefined,
  openedAtMs: -60_000,
  mostWaitMs: 1000,
  waiting: 0,
  places: 10,
  perSecond: 100,
  wasFull: false,
  tookMs: 100,
  ...change,
});
const FAILOVER = 26_000;

describe('the expected wait', () => {
  it.each<[string, RoomState, number]>([
    ['nobody waits', room(), 0],
    ['as many wait as there are places', room({ waiting: 10 }), 0],
    ['a queue at the rate of late', room({ waiting: 510 }), 5000],
    ['no rate is known yet', room({ waiting: 510, perSecond: 0 }), 0],
    ['the primary was lost just now', room({ isOpen: false, closedAtMs: 100_000 }), FAILOVER],
    ['… twenty seconds ago', room({ isOpen: false, closedAtMs: 80_000 }), 6000],
    ['… twenty seconds ago, with a queue', room({ isOpen: false, closedAtMs: 80_000, waiting: 410 }), 10_000],
    ['longer than a failover takes', room({ isOpen: false, closedAtMs: 0 }), 0],
    ['no primary was seen yet', room({ isOpen: false }), FAILOVER],
  ])('%s', (_name, state, expected) => {
    expect(expectedWaitMs(state, FAILOVER, 100_000)).toBe(expected);
  });
});

describe('the rate to come', () => {
  it.each<[string, RoomState, number]>([
    ['what was seen, while it is open', room({ tookMs: 1 }), 100],
    ['three times what was asked under a light load', room({ tookMs: 1, isOpen: false }), 300],
    ['… also just after an outage', room({ tookMs: 1, openedAtMs: 96_000 }), 300],
    ['what as many as there are places do', room({ tookMs: 40, isOpen: false }), 250],
    ['what was seen, when all places were taken', room({ tookMs: 120, isOpen: false }), 100],
    ['what was seen, when nobody knows how long work takes', room({ tookMs: 0, isOpen: false }), 100],
    ['what was seen, when somebody always waited', room({ tookMs: 1, isOpen: false, wasFull: true }), 100],
    [
      'more than three times what was asked, where that was next to nothing',
      room({ tookMs: 40, perSecond: 5, isOpen: false }),
      50,
    ],
    ['… as long as it can be', room({ tookMs: 400, perSecond: 5, isOpen: false }), 25],
    ['none when nothing was done yet', room({ tookMs: 0, perSecond: 0, isOpen: false }), 0],
  ])('%s', (_name, state, expected) => {
    expect(rateToCome(state, 100_000)).toBe(expected);
  });
});

describe('admission', () => {
  it('takes in all of a load below the capacity during a failover: the queue grows as the rest of the outage shrinks', () => {
    for (let second = 0; second <= 26; second += 1) {
      const state = room({ isOpen: false, closedAtMs: 0, waiting: second * 100, tookMs: 60 });
      expect(isWorthWaiting(state, FAILOVER, 29_500, second * 1000)).toBe(true);
    }
  });

  it('refuses early what a load of 150 % cannot get served after the failover', () => {
    const refused = Array.from({ length: 26 }, (_, second) => second).filter(
      (second) =>
        !isWorthWaiting(room({ isOpen: false, closedAtMs: 0, waiting: second * 150 }), FAILOVER, 29_500, second * 1000),
    );
    expect(refused[0]).toBe(2);
  });

  it('lets nobody wait long in calm times, but for the backlog of an outage', () => {
    expect(isWorthWaiting(room({ waiting: 110 }), FAILOVER, 29_500, 0)).toBe(true);
    expect(isWorthWaiting(room({ waiting: 120 }), FAILOVER, 29_500, 0)).toBe(false);
    expect(isWorthWaiting(room({ waiting: 1300, mostWaitMs: 15_000 }), FAILOVER, 29_500, 0)).toBe(true);
    expect(isWorthWaiting(room({ waiting: 1600, mostWaitMs: 15_000 }), FAILOVER, 29_500, 0)).toBe(false);
    expect(isWorthWaiting(room({ waiting: 2300, mostWaitMs: 60_000 }), FAILOVER, 29_500, 0)).toBe(true);
    expect(isWorthWaiting(room({ waiting: 2400, mostWaitMs: 60_000 }), FAILOVER, 29_500, 0)).toBe(false);
    expect(isWorthWaiting(room({ waiting: 1800, mostWaitMs: 60_000, openedAtMs: -1000 }), FAILOVER, 29_500, 0)).toBe(
      true,
    );
  });

  it('tells a stall from an overload: nearly nothing gets done', () => {
    expect(isStalled(0, 100)).toBe(true);
    expect(isStalled(29, 100)).toBe(true);
    expect(isStalled(60, 100)).toBe(false);
    expect(isStalled(0, 0)).toBe(false);
  });

  it('lets nobody in who has less than twice the usual time', () => {
    expect(canFinish(1001, 500)).toBe(true);
    expect(canFinish(1000, 500)).toBe(false);
  });

  it('lets work in after a stall, however long it was', () => {
    expect(canFinish(10_001, 60_000)).toBe(true);
  });
});
