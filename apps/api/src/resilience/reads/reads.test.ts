import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../deadline.ts';
import { OPTIONS } from '../fixture.ts';
import type { Position } from './position.ts';
import { Reads } from './reads.ts';

const AFTER: Position = { timeline: 1, lsn: 1n };
const REPLICA_MS = 5;
const PRIMARY_MS = 1000;

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Replicas that do not answer before a moment, and a primary that is slow. */
function reads(backAtMs: number): { reads: Reads; served: Record<string, number> } {
  const served: Record<string, number> = { replica: 0, primary: 0 };
  const replicas = {
    pool: undefined as never,
    waiting: 0,
    report: undefined as never,
    read: async () => {
      await sleep(REPLICA_MS);
      return performance.now() < backAtMs ? undefined : { value: 'replica' as never };
    },
  };
  const primary = {
    read: async () => {
      await sleep(PRIMARY_MS);
      return 'primary' as never;
    },
  };
  const count = (by: string) => {
    served[by] = (served[by] ?? 0) + 1;
  };
  return { reads: new Reads(OPTIONS.server.max, primary, replicas, count), served };
}

describe('reads that no replica answered', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('ask the replicas again when they have waited for the primary: a few places there are not for hundreds', async () => {
    const start = performance.now();
    const { reads: both, served } = reads(start + 3000);
    const answers = Promise.all(
      Array.from({ length: 100 }, () => both.run(AFTER, Deadline.in(29_500), async () => 'asked')),
    );
    await vi.advanceTimersByTimeAsync(6000);
    expect(await answers).toHaveLength(100);
    // Two places at the primary, a second each, until the replicas were back.
    expect(served.primary).toBeLessThan(12);
    expect(served.replica).toBeGreaterThan(88);
  });

  it('go to the primary at once while there is room', async () => {
    const { reads: both, served } = reads(Number.POSITIVE_INFINITY);
    const answer = both.run(AFTER, Deadline.in(29_500), async () => 'asked');
    await vi.advanceTimersByTimeAsync(REPLICA_MS + PRIMARY_MS);
    expect(await answer).toBe('primary');
    expect(served).toEqual({ replica: 0, primary: 1 });
  });

  it('are told when their time is over before their turn', async () => {
    const { reads: both } = reads(Number.POSITIVE_INFINITY);
    const outcomes = Promise.allSettled(
      Array.from({ length: 20 }, () => both.run(AFTER, Deadline.in(4500), async () => 'asked')),
    );
    await vi.advanceTimersByTimeAsync(4500 + 2 * PRIMARY_MS);
    const refused = (await outcomes).filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(9);
    expect(refused[0]).toMatchObject({ reason: { code: 'OVERLOADED' } });
  });
});

describe('reports', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Replicas whose name leads to the primary until a moment, or that do not answer in time; and a primary. */
  function reports(backAtMs: number, before: 'absent' | 'late') {
    const asked = { replica: 0, primary: 0, most: 0 };
    let inside = 0;
    const replicas = {
      pool: undefined as never,
      waiting: 0,
      read: undefined as never,
      report: async <T>(_after: Position, work: (query: never) => Promise<T>) => {
        await sleep(REPLICA_MS);
        const isBack = performance.now() >= backAtMs;
        if (!isBack && before === 'late') throw new Error('Query read timeout');
        const query = async () => [{ standby: isBack, position: '1:0/1' }];
        return { value: await work(query as never) };
      },
    };
    const primary = {
      read: async <T>(work: (query: never) => Promise<T>) => {
        inside += 1;
        asked.most = Math.max(asked.most, inside);
        await sleep(PRIMARY_MS);
        inside -= 1;
        return await work((async () => [{ position: '2:0/5' }]) as never);
      },
    };
    const both = new Reads(OPTIONS.server.max, primary, replicas, (by) => {
      asked[by] += 1;
    });
    const ask = () => both.report(undefined, Deadline.in(29_500), async (_query, at) => at.timeline);
    return { ask, asked };
  }

  it('wait for a replica that is back soon', async () => {
    const { ask, asked } = reports(performance.now() + 4000, 'absent');
    const answers = Promise.all([ask(), ask(), ask()]);
    await vi.advanceTimersByTimeAsync(6000);
    expect(await answers).toEqual([1, 1, 1]);
    expect(asked).toMatchObject({ replica: 3, primary: 0 });
  });

  it('are the primary’s, one at a time, when no replica was there for seconds, and the replicas’ when one is', async () => {
    const { ask, asked } = reports(performance.now() + 7000, 'absent');
    const answers = Promise.all(Array.from({ length: 10 }, ask));
    await vi.advanceTimersByTimeAsync(12_000);
    const timelines = await answers;
    expect(timelines.slice(0, 2)).toEqual([2, 2]);
    expect(timelines.at(-1)).toBe(1);
    expect(asked.most).toBe(1);
    expect(asked.replica).toBeGreaterThan(asked.primary);
  });

  it('are not the primary’s because they take a replica too long', async () => {
    const { ask, asked } = reports(Number.POSITIVE_INFINITY, 'late');
    const outcome = ask().catch((error: { code: string }) => error.code);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await outcome).toBe('UNAVAILABLE');
    expect(asked.primary).toBe(0);
  });
});
