import { describe, expect, it } from 'vitest';
import { Latest } from './latest.ts';

/** A probe whose results are given by hand. */
function byHand() {
  const open: ((value: string) => void)[] = [];
  const latest = new Latest(() => new Promise<string>((resolve) => open.push(resolve)));
  return { latest, started: () => open.length, finish: (value: string) => open.at(-1)?.(value) };
}

describe('the latest result', () => {
  it('is waited for when there is none before it', async () => {
    const { latest, finish } = byHand();
    const first = latest.get(0);
    finish('a');
    expect(await first).toBe('a');
  });

  it('is the one before while a probe takes longer than the patience, and no second one is begun', async () => {
    const { latest, finish, started } = byHand();
    const first = latest.get(0);
    finish('a');
    await first;
    expect(await latest.get(0)).toBe('a');
    expect(await latest.get(0)).toBe('a');
    expect(started()).toBe(2);
    const patient = latest.get(600_000);
    finish('b');
    expect(await patient).toBe('b');
  });

  it('is begun anew with each look once the one before has ended', async () => {
    const { latest, finish, started } = byHand();
    for (const value of ['a', 'b']) {
      const look = latest.get(600_000);
      finish(value);
      expect(await look).toBe(value);
    }
    expect(started()).toBe(2);
  });
});
