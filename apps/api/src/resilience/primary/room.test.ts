import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabaseFailure } from './classify.ts';
import { Room } from './room.ts';

describe('room on the primary’s disk', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is waited for as long as a standby may take over, and not again and again', () => {
    const room = new Room(30_000);
    expect(room.mayCome({ kind: 'away' })).toBe(false);
    expect(room.mayCome({ kind: 'full' })).toBe(true);
    vi.advanceTimersByTime(29_000);
    expect(room.mayCome({ kind: 'full' })).toBe(true);
    vi.advanceTimersByTime(1000);
    expect(room.mayCome({ kind: 'full' })).toBe(false);
    // As long as it is found full again and again.
    for (let n = 0; n < 10; n += 1) {
      vi.advanceTimersByTime(200_000);
      expect(room.mayCome({ kind: 'full' })).toBe(false);
    }
  });

  it('is waited for anew when it was there in the meantime, or long after', () => {
    const room = new Room(30_000);
    room.mayCome({ kind: 'full' });
    vi.advanceTimersByTime(40_000);
    room.found();
    expect(room.mayCome({ kind: 'full' })).toBe(true);
    vi.advanceTimersByTime(301_000);
    expect(room.mayCome({ kind: 'full' })).toBe(true);
  });
});

describe('a primary that was without room', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const connections = (timeline: number, failsWith?: DatabaseFailure) => ({
    use: vi.fn(async (work: (client: never) => Promise<unknown>) => {
      if (!failsWith) return;
      await work({ query: () => Promise.reject(failsWith) } as never).catch(() => {});
      throw failsWith;
    }) as never,
    timelineOf: () => timeline,
    refused: vi.fn(),
  });
  /** As the server says it. */
  const failure = (code: string) =>
    new DatabaseFailure(Object.assign(new pg.DatabaseError('no', 1, 'error'), { code }), 'statement');
  const full = (timeline: number) => connections(timeline, failure('53100'));
  const written = (timeline: number) => {
    const both = connections(timeline);
    both.use = vi.fn(async (work: (client: never) => Promise<unknown>) => {
      // Only the timeline is asked of it.
      await work({ query: async () => ({ rows: [] }) } as never).catch(() => {});
    }) as never;
    return both;
  };

  it('is not asked while nothing was wrong', async () => {
    const room = new Room(30_000);
    const both = full(1);
    expect(await room.isThere(both)).toBe(true);
    expect(both.use).not.toHaveBeenCalled();
  });

  it('is asked for a write before anybody is let in; another server is believed at once', async () => {
    const room = new Room(30_000);
    room.mayCome({ kind: 'full' });
    const both = full(1);
    expect(await room.isThere(both)).toBe(false);
    expect(both.refused).toHaveBeenCalledOnce();
    expect(await room.isThere(written(2))).toBe(true);
    expect(await room.isThere(full(2))).toBe(true);
  });

  it('is believed when its room stays: a hand-over gives some back before the server ends', async () => {
    const room = new Room(30_000);
    room.mayCome({ kind: 'full' });
    expect(await room.isThere(full(1))).toBe(false);
    expect(await room.isThere(written(1))).toBe(false);
    vi.advanceTimersByTime(2000);
    expect(await room.isThere(full(1))).toBe(false);
    vi.advanceTimersByTime(2000);
    expect(await room.isThere(written(1))).toBe(false);
    vi.advanceTimersByTime(3000);
    expect(await room.isThere(written(1))).toBe(true);
  });

  it('keeps nobody out for another reason', async () => {
    const room = new Room(30_000);
    room.mayCome({ kind: 'full' });
    expect(await room.isThere(connections(1, failure('55P03')))).toBe(true);
  });
});
