import { describe, expect, it, vi } from 'vitest';
import { Deadline } from '../deadline.ts';
import { Aside } from './aside.ts';

const deadline = Deadline.in(30_000);

describe('the side entrance', () => {
  it('lets the earliest deadline in first, and more when there are more places', async () => {
    let places = 1;
    const aside = new Aside(() => places);
    let end = () => {};
    const first = aside.run(() => new Promise<void>((done) => (end = done)), deadline);
    const order: number[] = [];
    const ends: (() => void)[] = [];
    const waiting = [50_000, 30_000, 60_000, 40_000].map((milliseconds) =>
      aside.run(async () => {
        order.push(milliseconds);
        await new Promise<void>((done) => ends.push(done));
      }, Deadline.in(milliseconds)),
    );
    places = 3;
    end();
    await first;
    await vi.waitFor(() => expect(order).toEqual([30_000, 40_000, 50_000]));
    for (const each of ends) each();
    await vi.waitFor(() => expect(order).toHaveLength(4));
    ends.at(-1)?.();
    await Promise.all(waiting);
  });

  it('forgets who has gone', async () => {
    const aside = new Aside(1);
    let end = () => {};
    const first = aside.run(() => new Promise<void>((done) => (end = done)), deadline);
    const gone = Deadline.in(30_000);
    const second = aside.run(async () => {}, gone);
    gone.abandon();
    await expect(second).rejects.toMatchObject({ code: 'OVERLOADED' });
    end();
    await first;
  });

  it('lets in a few at a time, and gives back what they throw', async () => {
    const aside = new Aside(2);
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((done) => setTimeout(done, 1));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 10 }, () => aside.run(work, deadline)));
    expect(most).toBe(2);
    await expect(aside.run(() => Promise.reject(new Error('its own')), deadline)).rejects.toThrow('its own');
  });

  it('refuses when too many wait', async () => {
    const aside = new Aside(1);
    let end = () => {};
    const first = aside.run(
      () =>
        new Promise<void>((done) => {
          end = done;
        }),
      deadline,
    );
    const waiting = Array.from({ length: 5000 }, () => aside.run(async () => {}, deadline));
    await expect(aside.run(async () => {}, deadline)).rejects.toMatchObject({ code: 'OVERLOADED' });
    end();
    await Promise.all([first, ...waiting]);
  });

  it('tells who waits when his time is over, and does not begin his work', async () => {
    const aside = new Aside(1);
    let end = () => {};
    const first = aside.run(() => new Promise<void>((done) => (end = done)), deadline);
    let hasBegun = false;
    const second = aside.run(async () => (hasBegun = true), Deadline.in(20));
    await expect(second).rejects.toMatchObject({ code: 'OVERLOADED' });
    end();
    await first;
    await aside.run(async () => {}, deadline);
    expect(hasBegun).toBe(false);
  });
});
