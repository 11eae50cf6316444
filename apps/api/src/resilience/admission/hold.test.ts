import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../deadline.ts';
import { Hold } from './hold.ts';
import { HoldExpiredError } from './refusal.ts';

const in30s = () => Deadline.in(30_000);
const hold = ({ places = 5, queue = 10 } = {}) => new Hold({ places, queue, failoverMs: 20_000, deadlineMs: 30_000 });
const reason = async (attempt: Promise<unknown>) =>
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

  /** Work that takes a while, in a room where nobody waits long. */
  async function work(room: Hold, tookMs: number): Promise<void> {
    const entered = await room.acquire(in30s());
    await vi.advanceTimersByTimeAsync(tookMs);
    room.release(entered, 'done');
  }

  it('lets in as many as there are places, the rest first come, first served', async () => {
    const room = hold({ places: 1 });
    room.open();
    const entered = await room.acquire(in30s());
    const order: string[] = [];
    const first = room.acquire(in30s()).then(() => order.push('first'));
    const second = room.acquire(in30s()).then(() => order.push('second'));
    await vi.advanceTimersByTimeAsync(0);
    expect(room.waiting).toBe(2);
    room.release(entered, 'done');
    await first;
    room.release(entered, 'done');
    await second;
    expect(order).toEqual(['first', 'second']);
  });

  it('takes in the backlog of an outage that waited elsewhere, and comes when nobody is in line', async () => {
    const room = hold({ places: 1, queue: 1000 });
    room.open();
    for (let n = 0; n < 40; n += 1) await work(room, 100);
    room.close();
    await vi.advanceTimersByTimeAsync(10_000);
    room.open();
    const entered = await room.acquire(in30s());
    // Ten a second: the last one waits for six seconds, which nobody would in calm times.
    const crowd = Array.from({ length: 60 }, () => reason(room.acquire(in30s())));
    for (const _each of crowd) {
      await vi.advanceTimersByTimeAsync(100);
      room.release(entered, 'done');
    }
    expect(new Set(await Promise.all(crowd))).toEqual(new Set(['admitted']));
  });

  it('does not take the first seconds after an outage, with their new connections, for what the server can do', async () => {
    const room = hold({ places: 5, queue: 1000 });
    room.open();
    for (let n = 0; n < 40; n += 1) await work(room, 100);
    room.close();
    await vi.advanceTimersByTimeAsync(10_000);
    room.open();
    for (let n = 0; n < 3; n += 1) await work(room, 2000);
    // Five places and 100 ms each were good for 30 a second, so the last one has his turn after 10 s; at one in 2 s never.
    const crowd = Array.from({ length: 300 }, () => reason(room.acquire(in30s())));
    await vi.advanceTimersByTimeAsync(0);
    room.end();
    expect(await Promise.all(crowd)).not.toContain('hopeless');
  });

  it('tells an outage and its backlog from a crowd', async () => {
    const room = hold({ places: 1 });
    expect(room.disturbance).toBe('outage');
    room.open();
    const entered = await room.acquire(in30s());
    const crowd = room.acquire(in30s());
    expect(room.disturbance).toBeUndefined();
    room.close();
    await vi.advanceTimersByTimeAsync(2000);
    expect(room.disturbance).toBe('outage');
    room.open();
    expect(room.disturbance).toBe('outage');
    room.release(entered, 'done');
    await crowd;
    expect(room.disturbance).toBeUndefined();
  });

  it('lets nobody in while there is no primary', async () => {
    const room = hold();
    const waiter = room.acquire(in30s());
    await vi.advanceTimersByTimeAsync(20_000);
    expect(room.waiting).toBe(1);
    room.open();
    await waiter;
    room.close();
    void room.acquire(in30s()).catch(() => {});
    await vi.advanceTimersByTimeAsync(0);
    expect(room.waiting).toBe(1);
  });

  it('lets the earliest deadline in first: a second turn does not wait behind those who came later', async () => {
    const room = hold({ places: 1 });
    const order: number[] = [];
    const turns = [30_003, 30_001, 30_004, 30_002].map((milliseconds) =>
      room.acquire(Deadline.in(milliseconds)).then((entered) => {
        order.push(milliseconds);
        room.release(entered, 'done');
      }),
    );
    room.open();
    await Promise.all(turns);
    expect(order).toEqual([30_001, 30_002, 30_003, 30_004]);
  });

  it('refuses whose deadline passes, and whoever is one too many', async () => {
    const room = hold({ queue: 1 });
    const waiter = reason(room.acquire(Deadline.in(25_000)));
    await vi.advanceTimersByTimeAsync(0);
    expect(await reason(room.acquire(in30s()))).toBe('queue');
    await vi.advanceTimersByTimeAsync(25_000);
    expect(await waiter).toBe('deadline');
    expect(room.waiting).toBe(0);
  });

  it('takes back those who were inside before, whatever the queue', async () => {
    const room = hold({ queue: 0 });
    const deadline = in30s();
    room.open();
    room.release(await room.acquire(deadline), 'failed');
    room.close();
    expect(await reason(room.acquire(in30s()))).toBe('queue');
    const again = room.acquire(deadline);
    room.open();
    await expect(again).resolves.toBeTypeOf('number');
  });

  it('refuses at once who could not be served in time after a failover', async () => {
    const room = hold();
    room.open();
    room.close();
    expect(await reason(room.acquire(Deadline.in(15_000)))).toBe('hopeless');
    const waiter = room.acquire(Deadline.in(25_000));
    room.open();
    await waiter;
  });

  it('does not refuse who waited elsewhere when the primary was lost', async () => {
    const room = hold();
    room.open();
    const deadline = Deadline.in(21_500);
    await vi.advanceTimersByTimeAsync(1500);
    room.close();
    expect(await reason(room.acquire(Deadline.in(20_000)))).toBe('hopeless');
    const waiter = room.acquire(deadline);
    await vi.advanceTimersByTimeAsync(15_000);
    room.open();
    await expect(waiter).resolves.toBeTypeOf('number');
  });

  it('does not refuse who waited elsewhere through an outage, however little time he has left', async () => {
    const room = hold({ places: 1, queue: 1000 });
    room.open();
    for (let n = 0; n < 40; n += 1) await work(room, 100);
    room.close();
    await vi.advanceTimersByTimeAsync(10_000);
    room.open();
    const entered = await room.acquire(in30s());
    const now = performance.now();
    // By the rate of before the outage the tenth of them would wait for a second, and for connections besides.
    const old = Array.from({ length: 10 }, (_, n) =>
      reason(room.acquire(new Deadline(now + 1400 + n, now - 28_000 + n))),
    );
    expect(await reason(room.acquire(new Deadline(now + 1400)))).toBe('hopeless');
    for (const _each of old) {
      await vi.advanceTimersByTimeAsync(50);
      room.release(entered, 'done');
    }
    expect(new Set(await Promise.all(old))).toEqual(new Set(['admitted']));
  });

  it('does not refuse who came early for those who have their turn after it', async () => {
    const room = hold({ places: 1, queue: 1000 });
    room.open();
    for (let n = 0; n < 40; n += 1) await work(room, 100);
    room.close();
    const early = Deadline.in(26_000);
    const later = Array.from({ length: 100 }, () => reason(room.acquire(in30s())));
    await vi.advanceTimersByTimeAsync(21_000);
    room.open();
    expect(room.waiting).toBeGreaterThan(50);
    // Theirs are 9 s from now.
    expect(await reason(room.acquire(Deadline.in(9100)))).toBe('hopeless');
    const turn = reason(room.acquire(early));
    await vi.advanceTimersByTimeAsync(0);
    room.end();
    expect(await turn).toBe('closed');
    await Promise.all(later);
  });

  it('does not begin what cannot be ended in time', async () => {
    const room = hold({ places: 1 });
    room.open();
    for (let n = 0; n < 40; n += 1) await work(room, 500);
    const entered = await room.acquire(in30s());
    const late = reason(room.acquire(Deadline.in(2000)));
    await vi.advanceTimersByTimeAsync(1500);
    room.release(entered, 'done');
    expect(await late).toBe('deadline');
    await expect(room.acquire(in30s())).resolves.toBeTypeOf('number');
  });

  it('lets one in for each record, and others past those who want the same', async () => {
    const room = hold({ places: 5 });
    room.open();
    const first = await room.acquire(in30s(), ['a']);
    const order: string[] = [];
    const same = room.acquire(in30s(), ['a', 'b']).then((entered) => {
      order.push('same');
      return entered;
    });
    const other = room.acquire(in30s(), ['c']).then(() => order.push('other'));
    await other;
    expect(room.waiting).toBe(1);
    room.release(first, 'done', ['a']);
    room.release(await same, 'done', ['a', 'b']);
    expect(order).toEqual(['other', 'same']);
    await expect(room.acquire(in30s(), ['b'])).resolves.toBeTypeOf('number');
  });

  it('tells who waited for a record in vain', async () => {
    const room = hold();
    room.open();
    await room.acquire(in30s(), ['a']);
    const waiter = reason(room.acquire(Deadline.in(25_000), ['a']));
    await vi.advanceTimersByTimeAsync(25_000);
    expect(await waiter).toBe('record');
  });

  it('refuses one too many for the same record, not for others', async () => {
    const room = hold({ places: 5, queue: 1000 });
    room.open();
    await room.acquire(in30s(), ['a']);
    const waiters = Array.from({ length: 100 }, () => reason(room.acquire(in30s(), ['a'])));
    await vi.advanceTimersByTimeAsync(0);
    expect(await reason(room.acquire(in30s(), ['a']))).toBe('record');
    expect(await reason(room.acquire(in30s(), ['b']))).toBe('admitted');
    room.end();
    expect(new Set(await Promise.all(waiters))).toEqual(new Set(['closed']));
  });

  it('forgets who has gone', async () => {
    const room = hold();
    const deadline = in30s();
    const waiter = reason(room.acquire(deadline));
    await vi.advanceTimersByTimeAsync(0);
    deadline.abandon();
    expect(await waiter).toBe('abandoned');
    expect(room.waiting).toBe(0);
    expect(await reason(room.acquire(deadline))).toBe('abandoned');
  });

  it('starts low after each failover', async () => {
    const room = hold({ places: 10 });
    room.open();
    const inside = await Promise.all([room.acquire(in30s()), room.acquire(in30s())]);
    const waiters = Array.from({ length: 8 }, () => room.acquire(in30s()));
    await vi.advanceTimersByTimeAsync(0);
    expect(room.waiting).toBe(8);
    for (const entered of inside) room.release(entered, 'done');
    await Promise.all(waiters.slice(0, 4));
    expect(room.waiting).toBe(4);
    room.close();
    room.open();
    expect(room.limit).toBe(2);
    for (const waiter of waiters) void waiter.catch(() => {});
    room.end();
  });

  it('refuses all when it ends', async () => {
    const room = hold();
    const waiter = reason(room.acquire(in30s()));
    await vi.advanceTimersByTimeAsync(0);
    room.end();
    expect(await waiter).toBe('closed');
    expect(await reason(room.acquire(in30s()))).toBe('closed');
  });
});
