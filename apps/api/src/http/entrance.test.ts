import { performance } from 'node:perf_hooks';
import { describe, expect, it, vi } from 'vitest';
import {
  Entrance,
  type EntranceState,
  expectedStayMs,
  mayEnter,
  NO_LIMIT,
  type Rooms,
  requestsAtATime,
} from './entrance.ts';

const LEFT_MS = 29_500;

/** A process that answers 50 requests a second and has no time for more. */
const state = (change: Partial<EntranceState>): EntranceState => ({
  inside: 0,
  waiting: 0,
  perSecond: 50,
  waitMs: 0,
  answered: 50,
  arriving: 40,
  isGrowing: false,
  busy: 1,
  isDisturbed: false,
  isRefusing: false,
  isShort: false,
  ...change,
});

describe('the entrance', () => {
  it.each<[string, EntranceState, ageMs: number, leftMs: number, expected: boolean]>([
    ['few are inside', state({ inside: 31, perSecond: 1 }), 0, LEFT_MS, true],
    ['its turn comes within a second and a half', state({ inside: 75 }), 0, LEFT_MS, true],
    ['it would be here for longer', state({ inside: 76 }), 0, LEFT_MS, false],
    ['a loop with time to spare is not what is short', state({ inside: 5000, busy: 0.2 }), 0, LEFT_MS, true],
    ['nothing was answered yet', state({ inside: 100, perSecond: 0 }), 0, LEFT_MS, true],
    ['the backlog of an outage is served in time', state({ inside: 1000, isDisturbed: true }), 0, LEFT_MS, true],
    ['… or it is not', state({ inside: 1300, isDisturbed: true }), 0, LEFT_MS, false],
    ['it waited elsewhere: a refusal would come too late', state({ inside: 500 }), 1200, 28_000, true],
    ['it waited in a flood: it has waited already', state({ inside: 50, arriving: 150 }), 600, LEFT_MS, false],
    ['… and not for long', state({ inside: 50, arriving: 150 }), 400, LEFT_MS, true],
    ['in a flood nobody is let in late', state({ inside: 40, arriving: 150 }), 1200, 28_000, false],
    [
      'in a flood what was answered counts, not what a loop with time could do',
      state({ inside: 50, arriving: 150, answered: 20, busy: 0.3 }),
      0,
      LEFT_MS,
      false,
    ],
    [
      '… and few are served all the same',
      state({ inside: 31, arriving: 150, answered: 1, busy: 0.3 }),
      0,
      LEFT_MS,
      true,
    ],
    [
      'what comes in an outage is no flood',
      state({ inside: 500, arriving: 150, isDisturbed: true }),
      1200,
      LEFT_MS,
      true,
    ],
    ['a little too much is no flood', state({ inside: 50, arriving: 75 }), 1200, 28_000, true],
    ['… unless it was too much just now', state({ inside: 50, arriving: 75, isShort: true }), 1200, 28_000, false],
    ['… or those inside become more, though work goes on', state({ inside: 50, isGrowing: true }), 1200, 28_000, false],
    ['it waited elsewhere for too long', state({ inside: 500 }), 20_000, 9500, false],
  ])('%s', (_what, now, ageMs, leftMs, expected) => {
    expect(mayEnter(now, ageMs, leftMs)).toBe(expected);
  });

  it('tells how long a request stays by those inside and the rate', () => {
    expect(expectedStayMs(state({ inside: 25 }))).toBe(500);
    expect(expectedStayMs(state({ inside: 25, perSecond: 0 }))).toBe(0);
  });
});

describe('the limit for load balancers', () => {
  it.each<[string, EntranceState, wasLimited: boolean, expected: number]>([
    ['none in calm times', state({ inside: 20 }), false, NO_LIMIT],
    ['what is done in a third of a second, once too many are inside', state({ inside: 51 }), false, 15],
    ['the same for those that wait to be read at all', state({ inside: 15, waitMs: 800 }), false, 15],
    ['in a flood, though the loop has time', state({ inside: 16, arriving: 150, busy: 0.3 }), false, 15],
    ['sooner in a flood', state({ inside: 16, arriving: 150 }), false, 15],
    ['none for a few that came late', state({ inside: 9, waitMs: 800 }), false, NO_LIMIT],
    ['it stays while there is something to do', state({ inside: 6 }), true, 15],
    ['… whatever else the loop waits for', state({ inside: 40, busy: 0.4 }), true, 15],
    ['it goes when there is not', state({ inside: 5 }), true, NO_LIMIT],
    ['a slow process gets a few', state({ inside: 30, perSecond: 4 }), true, 8],
    ['none in an outage: who waits, waits here', state({ inside: 500, isDisturbed: true }), true, NO_LIMIT],
    [
      '… until some of them are refused: so many come in beside those that wait',
      state({ inside: 500, waiting: 445, isDisturbed: true, isRefusing: true }),
      false,
      495,
    ],
    ['none while something else is slow', state({ inside: 500, busy: 0.2 }), false, NO_LIMIT],
  ])('%s', (_what, now, wasLimited, expected) => {
    expect(requestsAtATime(now, wasLimited)).toBe(expected);
  });
});

const CALM = { disturbance: undefined, isSilent: false, piled: 0, waiting: 0 };

describe('what an entrance knows', () => {
  it('is who is inside, and that an outage is no overload', () => {
    const entrance = new Entrance();
    for (let n = 0; n < 40; n += 1) entrance.enter();
    entrance.leave(true);
    entrance.leave(false);
    expect(entrance.state(CALM)).toMatchObject({ inside: 38 });
    // A crowd at one record.
    expect(entrance.state({ ...CALM, piled: 30, waiting: 30 })).toMatchObject({ inside: 8 });
    expect(entrance.state({ ...CALM, disturbance: 'outage' })).toMatchObject({ isDisturbed: true });
    // A stall elsewhere, as this loop has time; its backlog is one as well.
    expect(entrance.state({ ...CALM, disturbance: 'stall' })).toMatchObject({ isDisturbed: true });
    expect(entrance.state(CALM)).toMatchObject({ isDisturbed: true });
    for (let n = 0; n < 38; n += 1) entrance.leave(true);
    expect(entrance.state(CALM)).toMatchObject({ inside: 0, isDisturbed: false });
  });

  it('is that more comes than was ever answered, by when it came; a stall then is none', () => {
    let nowMs = 1_000_000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    // A loop that waits for something else.
    vi.spyOn(performance, 'eventLoopUtilization').mockReturnValue({ idle: 1, active: 0, utilization: 0 });
    const stalled = { ...CALM, disturbance: 'stall' as const };
    /** Seconds in which so many come, and so many are answered. */
    const seconds = (entrance: Entrance, count: number, comes: number, answered: number) => {
      for (let n = 0; n < count * comes; n += 1) {
        nowMs += 1000 / comes;
        entrance.came(0, 'lb');
        entrance.enter();
        if (n % comes < answered) entrance.leave(true);
      }
    };
    try {
      const calm = new Entrance();
      seconds(calm, 5, 50, 50);
      seconds(calm, 2, 50, 10);
      expect([calm.isFlooded, calm.state(stalled).isDisturbed]).toEqual([false, true]);
      const flooded = new Entrance();
      seconds(flooded, 5, 50, 50);
      seconds(flooded, 2, 150, 10);
      expect([flooded.isFlooded, flooded.state(stalled).isDisturbed]).toEqual([true, false]);
      expect(flooded.state({ ...CALM, disturbance: 'outage' }).isDisturbed).toBe(true);
      // It stood still before enough had come to tell.
      const unseen = new Entrance();
      seconds(unseen, 5, 50, 50);
      seconds(unseen, 2, 50, 10);
      expect(unseen.state(stalled).isDisturbed).toBe(true);
      seconds(unseen, 2, 150, 10);
      expect([unseen.isFlooded, unseen.state(stalled).isDisturbed]).toEqual([true, false]);
      // An outage's backlog stays one, whatever comes.
      const outage = new Entrance();
      seconds(outage, 5, 50, 50);
      seconds(outage, 2, 50, 10);
      expect(outage.state({ ...CALM, disturbance: 'outage' }).isDisturbed).toBe(true);
      expect(outage.state(stalled).isDisturbed).toBe(true);
      seconds(outage, 2, 150, 10);
      expect([outage.isFlooded, outage.state(CALM).isDisturbed]).toEqual([true, true]);
      // Its only neighbour is gone.
      const alone = new Entrance();
      seconds(alone, 5, 50, 50);
      seconds(alone, 2, 100, 10);
      expect([alone.isFlooded, alone.state(stalled).isDisturbed]).toEqual([false, true]);
      // Most users had been the neighbour's.
      const neighbour = new Entrance();
      seconds(neighbour, 5, 5, 5);
      seconds(neighbour, 2, 25, 2);
      expect([neighbour.isFlooded, neighbour.state(stalled).isDisturbed]).toEqual([false, true]);
      // Where somebody was refused just now, what was answered was all that could be.
      const short = new Entrance();
      seconds(short, 5, 50, 50);
      short.refused();
      seconds(short, 2, 100, 10);
      expect([short.isFlooded, short.state(stalled).isDisturbed]).toEqual([true, false]);
    } finally {
      clock.mockRestore();
    }
  });

  it('is that those inside become more, though the primary and a busy process answer as many as ever', () => {
    let nowMs = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const grown = (rooms: Rooms, utilization: number) => {
      vi.spyOn(performance, 'eventLoopUtilization').mockReturnValue({ idle: 0, active: 0, utilization });
      const entrance = new Entrance();
      for (let n = 0; n < 1000; n += 1) {
        const isMore = n >= 500;
        nowMs += isMore ? 10 : 20;
        entrance.came(0, 'lb');
        entrance.enter();
        if (!isMore || n % 2 === 0) entrance.leave(true);
        entrance.state(rooms);
      }
      return [entrance.isFlooded, entrance.state(rooms).isDisturbed];
    };
    try {
      expect(grown({ ...CALM, disturbance: 'stall' }, 0.8)).toEqual([true, false]);
      // The first seconds of an outage: reads go on.
      expect(grown({ ...CALM, isSilent: true, disturbance: 'stall' }, 0.8)).toEqual([false, true]);
      expect(grown({ ...CALM, disturbance: 'stall' }, 0.3)).toEqual([false, true]);
      // The backlog of an outage becomes more until it is over.
      expect(grown({ ...CALM, disturbance: 'outage' }, 0.8)).toEqual([true, true]);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it.each([
    ['is busy for most of the time, as on a machine that others are at', 0.8, true],
    ['has no moment to spare: it may be what is short', 0.95, false],
  ])('is that what stands still is a stall, where a loop %s', (_what, utilization, expected) => {
    let nowMs = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    vi.spyOn(performance, 'eventLoopUtilization').mockReturnValue({ idle: 0, active: 0, utilization });
    try {
      const entrance = new Entrance();
      for (let n = 0; n < 40; n += 1) entrance.enter();
      nowMs += 1000;
      expect(entrance.state({ ...CALM, disturbance: 'stall' as const }).isDisturbed).toBe(expected);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it('is that it refused somebody just now', () => {
    let nowMs = 1_000_000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    try {
      const entrance = new Entrance();
      expect(entrance.state(CALM)).toMatchObject({ isRefusing: false });
      entrance.refused();
      expect(entrance.state(CALM)).toMatchObject({ isRefusing: true });
      nowMs += 30_000;
      expect(entrance.state(CALM)).toMatchObject({ isRefusing: false });
    } finally {
      clock.mockRestore();
    }
  });

  it('is how much more there may be at a time once there is no need for a limit', () => {
    let nowMs = 1_000_000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    try {
      const entrance = new Entrance();
      expect(entrance.limit(CALM)).toBe(NO_LIMIT);
      const isRefusing = { ...CALM, disturbance: 'outage' as const };
      entrance.refused();
      expect(entrance.limit(isRefusing)).toBe(8);
      const limits = [0, 1000, 2000, 3000, 5000, 8000, 9000].map((afterMs) => {
        nowMs = 1_000_000 + afterMs;
        return entrance.limit(CALM);
      });
      expect(limits).toEqual([8, 8, 8, 16, 64, 512, NO_LIMIT]);
    } finally {
      clock.mockRestore();
    }
  });

  it.each([
    ['could do with a processor for itself', false, 100, 500],
    ['did, where somebody was refused: it had no time', true, 50, 50],
  ])('is in an outage what it %s: in the outage nothing is answered', (_what, isShort, calm, perSecond) => {
    let nowMs = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    // A loop that waits for a processor all the time, and gets a twentieth of one.
    vi.spyOn(performance, 'eventLoopUtilization').mockReturnValue({ idle: 0, active: 1, utilization: 1 });
    vi.spyOn(process, 'cpuUsage').mockImplementation(() => ({ user: nowMs * 50, system: 0 }));
    try {
      const entrance = new Entrance();
      if (isShort) entrance.refused();
      const answer = (count: number) => {
        for (let n = 0; n < count; n += 1) {
          entrance.enter();
          entrance.leave(true);
        }
        nowMs += 1000;
        entrance.state(CALM);
      };
      answer(0);
      for (let second = 0; second < 5; second += 1) answer(50);
      expect(entrance.state(CALM)).toMatchObject({ perSecond: calm });
      for (let n = 0; n < 1000; n += 1) entrance.enter();
      entrance.state({ ...CALM, disturbance: 'outage' });
      nowMs += 24_000;
      answer(3);
      expect(entrance.state({ ...CALM, disturbance: 'outage' })).toMatchObject({
        inside: 1000,
        perSecond,
      });
    } finally {
      vi.restoreAllMocks();
    }
  });

  it('is that those who came in an outage are its backlog, though none of them stands in line when it ends', () => {
    const entrance = new Entrance();
    for (let n = 0; n < 40; n += 1) entrance.enter();
    entrance.state({ ...CALM, disturbance: 'outage' });
    expect(entrance.state(CALM)).toMatchObject({ isDisturbed: true });
    for (let n = 0; n < 9; n += 1) entrance.leave(true);
    expect(entrance.state(CALM)).toMatchObject({ isDisturbed: false });
  });

  it('is that who waited at another load balancer comes all at once, and is no flood', () => {
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    try {
      for (const [from, isFlooded] of [
        ['lb-a', true],
        ['lb-b', false],
      ] as const) {
        const entrance = new Entrance();
        for (nowMs = 0; nowMs < 9000; nowMs += 50) {
          entrance.came(0, 'lb-a');
          entrance.enter();
          entrance.leave(true);
          entrance.state(CALM);
        }
        for (let n = 0; n < 300; n += 1) {
          nowMs += 2;
          entrance.came(0, from);
          entrance.enter();
        }
        expect([from, entrance.isFlooded]).toEqual([from, isFlooded]);
        expect(mayEnter(entrance.state(CALM), 0, LEFT_MS)).toBe(!isFlooded);
      }
    } finally {
      vi.restoreAllMocks();
    }
  });
});
