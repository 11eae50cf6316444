import { describe, expect, it } from 'vitest';
import { isOver, resumed, take, type Watched } from './watchdog.ts';

const calm: Watched = { timeoutMs: 15_000, renewedAtMs: undefined, rest: '' };

describe('take', () => {
  it('is armed by a time-out and by a renewal, and not any more once the server does not lead', () => {
    expect(take(calm, '', 1000)).toEqual(calm);
    const armed = take(calm, 'Ctimeout=20\n', 1000);
    expect(armed).toEqual({ timeoutMs: 20_000, renewedAtMs: 1000, rest: '' });
    const renewed = take(armed, '111', 5000);
    expect(renewed.renewedAtMs).toBe(5000);
    expect(take(renewed, '1V', 6000)).toEqual({ timeoutMs: 20_000, renewedAtMs: undefined, rest: '' });
    expect(take(renewed, 'VCtimeout=15\n1', 6000)).toEqual({ timeoutMs: 15_000, renewedAtMs: 6000, rest: '' });
  });

  it('gains little by one renewal: it may have been granted long before it was told', () => {
    const armed = take(calm, 'Ctimeout=15\n', 1000);
    expect(take(armed, '1', 15_000).renewedAtMs).toBe(6000);
    // Several are of several rounds.
    expect(take(armed, '111', 15_000).renewedAtMs).toBe(15_000);
    expect(take(armed, 'V1', 15_000).renewedAtMs).toBe(15_000);
  });

  it('waits for the end of a command that came in parts, however they fall', () => {
    const text = '1Ctimeout=25\n1';
    for (let cut = 0; cut <= text.length; cut += 1) {
      const parts = take(take(calm, text.slice(0, cut), 1), text.slice(cut), 2);
      expect({ cut, timeoutMs: parts.timeoutMs, rest: parts.rest }).toEqual({ cut, timeoutMs: 25_000, rest: '' });
      expect(parts.renewedAtMs).toBeDefined();
    }
  });

  it('keeps its time-out when it is told nonsense, and little of what has no end', () => {
    for (const text of ['Ctimeout=0\n', 'Ctimeout=x\n', 'Ctimeout=999999\n', 'Cother\n', 'C\n']) {
      expect(take(calm, text, 1).timeoutMs).toBe(15_000);
    }
    expect(take(calm, `C${'x'.repeat(10_000)}`, 1).rest.length).toBeLessThan(100);
  });
});

describe('isOver', () => {
  it('is so when nothing was renewed for as long as a renewal allows', () => {
    const armed = { ...calm, renewedAtMs: 1000 };
    expect(isOver(armed, 15_999)).toBe(false);
    expect(isOver(armed, 16_000)).toBe(true);
    expect(isOver(calm, 1e9)).toBe(false);
  });
});

describe('resumed', () => {
  const noted = (renewedAtMs: number | undefined) => ({ timeoutMs: 15_000, renewedAtMs });

  it('goes on where the guard before it was, and lets the agent show that it lives', () => {
    expect(resumed(noted(undefined), '', 100_000).renewedAtMs).toBeUndefined();
    expect(resumed(noted(98_000), '', 100_000).renewedAtMs).toBe(98_000);
    // It was away for long: the agent has five seconds.
    expect(resumed(noted(1000), '', 100_000).renewedAtMs).toBe(90_000);
    // The note of a clock that has begun anew.
    expect(resumed(noted(500_000), '', 100_000).renewedAtMs).toBe(100_000);
  });

  it('knows what was told while there was no guard, and not when', () => {
    expect(resumed(noted(undefined), 'Ctimeout=20\n1', 100_000)).toEqual({
      timeoutMs: 20_000,
      renewedAtMs: 90_000,
      rest: '',
    });
    expect(resumed(noted(98_000), '1111', 100_000).renewedAtMs).toBe(98_000);
    expect(resumed(noted(98_000), '1V', 100_000).renewedAtMs).toBeUndefined();
  });
});
