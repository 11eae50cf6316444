import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Hold, HoldExpiredError } from './hold.ts';

const in30s = () => performance.now() + 30_000;
const reason = async (attempt: Promise<void>) =>
  attempt.then(
    () => 'admitted',
    (error: unknown) => (error instanceof HoldExpiredError ? error.reason : 'other'),
  );

describe('Hold', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets in as many as there are slots, the rest first come, first served', async () => {
    const hold = new Hold(1, 10);
    hold.open();
    await hold.acquire(in30s());
    const order: string[] = [];
    const first = hold.acquire(in30s()).then(() => order.push('first'));
    const second = hold.acquire(in30s()).then(() => order.push('second'));
    expect(hold.waiting).toBe(2);
    hold.release();
    await first;
    hold.release();
    await second;
    expect(order).toEqual(['first', 'second']);
  });

  it('lets nobody in while there is no primary', async () => {
    const hold = new Hold(5, 10);
    const waiter = hold.acquire(in30s());
    await vi.advanceTimersByTimeAsync(20_000);
    expect(hold.waiting).toBe(1);
    hold.open();
    await waiter;
    hold.close();
    void hold.acquire(in30s()).catch(() => {});
    expect(hold.waiting).toBe(1);
  });

  it('lets the earliest deadline in first: a second turn does not wait behind those who came later', async () => {
    const hold = new Hold(1, 10);
    const order: string[] = [];
    const came = performance.now();
    const turns = [30_003, 30_001, 30_004, 30_002].map((deadline) =>
      hold.acquire(came + deadline).then(() => {
        order.push(String(deadline));
        hold.release();
      }),
    );
    hold.open();
    await Promise.all(turns);
    expect(order).toEqual(['30001', '30002', '30003', '30004']);
  });

  it('takes work that was inside before, even when the queue is full', async () => {
    const hold = new Hold(1, 1);
    const order: string[] = [];
    const early = in30s() - 5;
    const fresh = hold.acquire(in30s()).then(() => order.push('fresh'));
    const again = hold.acquire(early, true).then(() => order.push('again'));
    expect(await reason(hold.acquire(in30s()))).toBe('queue');
    hold.open();
    await again;
    hold.release();
    await fresh;
    expect(order).toEqual(['again', 'fresh']);
  });

  it('gives up at the deadline, and not again later', async () => {
    const hold = new Hold(1, 10);
    const outcome = reason(hold.acquire(performance.now() + 1000));
    await vi.advanceTimersByTimeAsync(1001);
    expect(await outcome).toBe('deadline');
    expect(hold.waiting).toBe(0);
    hold.open();
    await hold.acquire(in30s());
    expect(await reason(hold.acquire(performance.now() - 1))).toBe('deadline');
  });

  it('refuses all at the end', async () => {
    const hold = new Hold(1, 10);
    const outcome = reason(hold.acquire(in30s()));
    hold.end();
    expect(await outcome).toBe('closed');
    expect(await reason(hold.acquire(in30s()))).toBe('closed');
  });
});
