import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepTrimmed, trimDisks } from './trim.ts';

function hosts() {
  const trimmed: string[] = [];
  const host = (name: string, state: string) => ({ name, state }) as never;
  return {
    trimmed,
    statuses: async () => [host('a', 'running'), host('b', 'stopped'), host('c', 'running'), host('d', 'running')],
    disk: async (name: string) => ({ kind: name === 'c' ? ('folder' as const) : ('image' as const) }),
    onDisk: async (name: string) => {
      trimmed.push(name);
      if (name === 'a') throw new Error('it ended');
    },
  };
}

describe('what hosts have deleted', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is given back by hosts that run and have an image, also when one of them ends', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const some = hosts();
    await trimDisks(some);
    expect(some.trimmed).toEqual(['a', 'd']);
    expect(log).toHaveBeenCalledWith(expect.stringContaining('the disk of a: it ended'));
    log.mockRestore();
  });

  it('is given back every five minutes while the machine has room', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const some = hosts();
    const timer = keepTrimmed(some, tmpdir());
    await vi.advanceTimersByTimeAsync(4 * 60_000);
    expect(some.trimmed).toEqual([]);
    await vi.advanceTimersByTimeAsync(6 * 60_000);
    expect(some.trimmed).toEqual(['a', 'd', 'a', 'd']);
    clearInterval(timer);
    vi.restoreAllMocks();
  });
});
