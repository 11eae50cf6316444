import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { searchPrimary } from './search.ts';

interface Attempt {
  atMs: number;
  isOver: boolean;
}

/** A server that answers each question after a time of its own. */
function server(answer: (number: number) => { afterMs: number; found: boolean }) {
  const attempts: Attempt[] = [];
  const ask = async (signal: AbortSignal): Promise<boolean> => {
    const attempt = { atMs: performance.now(), isOver: false };
    attempts.push(attempt);
    const { afterMs, found } = answer(attempts.length);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, afterMs);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    attempt.isOver = true;
    return found && !signal.aborted;
  };
  return { attempts, ask };
}

describe('the search for a primary', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function search(ask: (signal: AbortSignal) => Promise<boolean>, withinMs: number) {
    const startedAt = performance.now();
    const end = new AbortController();
    let tookMs: number | undefined;
    const done = searchPrimary(ask, end.signal).then(() => {
      tookMs = performance.now() - startedAt;
    });
    await vi.advanceTimersByTimeAsync(withinMs);
    return { done, end, tookMs: () => tookMs };
  }

  it('waits for a server that is slow, and does not begin anew each time', async () => {
    const { ask, attempts } = server(() => ({ afterMs: 5000, found: true }));
    const { tookMs } = await search(ask, 6000);
    expect(tookMs()).toBe(5000);
    expect(attempts.map(({ atMs }) => atMs - (attempts[0]?.atMs ?? 0))).toEqual([0, 2000, 4000]);
    expect(attempts.every(({ isOver }) => isOver)).toBe(true);
  });

  it('asks again soon after a no, and takes a later yes before an earlier attempt has ended', async () => {
    // The first leads to a host that is gone, and hangs.
    const { ask, attempts } = server((number) =>
      number === 1 ? { afterMs: 8000, found: false } : { afterMs: 5, found: number > 4 },
    );
    const { tookMs } = await search(ask, 5000);
    expect(attempts.length).toBe(5);
    expect(tookMs()).toBeGreaterThanOrEqual(2000);
    expect(tookMs()).toBeLessThan(3000);
  });

  it('has four attempts under way at most, however long it takes', async () => {
    const { ask, attempts } = server(() => ({ afterMs: 8000, found: false }));
    const { end, done } = await search(ask, 20_000);
    expect(attempts.filter(({ isOver }) => !isOver).length).toBe(4);
    end.abort();
    await done;
    expect(attempts.every(({ isOver }) => isOver)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
