import { describe, expect, it } from 'vitest';
import { createAside } from './aside.ts';

describe('the side entrance', () => {
  it('lets in a few at a time, and gives back what they throw', async () => {
    const aside = createAside(2);
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((done) => setTimeout(done, 1));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 10 }, () => aside(work)));
    expect(most).toBe(2);
    await expect(aside(() => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
  });

  it('refuses when too many wait', async () => {
    const aside = createAside(1);
    let end = () => {};
    const first = aside(
      () =>
        new Promise<void>((done) => {
          end = done;
        }),
    );
    const waiting = Array.from({ length: 5000 }, () => aside(async () => {}));
    await expect(aside(async () => {})).rejects.toMatchObject({ code: 'OVERLOADED' });
    end();
    await Promise.all([first, ...waiting]);
  });
});
