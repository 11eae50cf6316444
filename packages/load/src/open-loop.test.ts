import { describe, expect, it } from 'vitest';
import { dueBy, openLoop } from './open-loop.ts';

describe('openLoop', () => {
  it('counts what is due, from the first moment on', () => {
    expect(dueBy(1000, 200, 999)).toBe(0);
    expect(dueBy(1000, 200, 1000)).toBe(1);
    expect(dueBy(1000, 200, 1004.9)).toBe(1);
    expect(dueBy(1000, 200, 2000)).toBe(201);
  });

  it('sends all that became due while it was held up, with the times at which it was due', async () => {
    // A clock of our own: half a second passes between two looks.
    let time = 0;
    const sent: number[] = [];
    const stop = new AbortController();
    await openLoop(
      10,
      (_index, dueMs) => {
        sent.push(dueMs);
        if (sent.length === 11) stop.abort();
      },
      stop.signal,
      () => {
        const now = time;
        time += 500;
        return now;
      },
    );
    expect(sent.slice(0, 11)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  });
});
