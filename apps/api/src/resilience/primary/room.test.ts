import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
    vi.advanceTimersByTime(200_000);
    expect(room.mayCome({ kind: 'full' })).toBe(false);
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
  const connections = (write: () => Promise<unknown>) => ({
    use: vi.fn(write) as never,
    timelineOf: () => 1,
    refused: vi.fn(),
  });

  it('is asked for a write before anybody is let in', async () => {
    const room = new Room(30_000);
    const full = connections(async () => {
      throw new Error('no room');
    });
    expect(await room.isThere(full)).toBe(true);
    expect(full.use).not.toHaveBeenCalled();
    room.mayCome({ kind: 'full' });
    expect(await room.isThere(full)).toBe(false);
    expect(full.refused).toHaveBeenCalledOnce();
    const another = connections(async () => 'written');
    expect(await room.isThere(another)).toBe(true);
    expect(await room.isThere(another)).toBe(true);
    expect(another.use).toHaveBeenCalledOnce();
  });
});
