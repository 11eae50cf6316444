import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../deadline.ts';
import { OPTIONS } from '../fixture.ts';
import { DatabaseFailure } from '../primary/classify.ts';
import type { PrimaryConnections } from '../primary/connections.ts';
import type { PrimaryParts } from '../primary/parts.ts';
import { Primary } from '../primary/primary.ts';
import type { Reaction, reactTo } from './gate.ts';

/** The gate of commit 2254daa: whatever is late closes it. */
function anyLatenessCloses({ kind }: Parameters<typeof reactTo>[0]): Reaction {
  return ['away', 'slow', 'unknown'].includes(kind) ? 'close' : 'none';
}

const WORK_MS = 20;
const CONNECT_MS = 120;
/** As on a machine where processes that begin wait for those that run. */
const DEAR_MS = 250;
/** Pieces of work in a second. */
const CAPACITY = 1000 / WORK_MS;
const CONNECT_TIMEOUT_MS = 2000;

/**
 * A database server with one processor, which all that is asked of it shares: connections that are made anew cost more than the
 * work itself, and what is broken off by its client is done to its end all the same.
 */
class SlowServer implements PrimaryConnections {
  readonly pool = undefined as never;
  refusal: PrimaryConnections['refusal'];
  /** What a piece of work costs. */
  workMs = WORK_MS;
  readonly #connectMs: number;
  #isUp = true;
  #idle = 0;
  /** When the processor will have done all that it was asked. */
  #busyUntil = 0;

  constructor(connectMs = CONNECT_MS) {
    this.#connectMs = connectMs;
  }

  stop(): void {
    this.#isUp = false;
    this.#idle = 0;
  }

  start(): void {
    this.#isUp = true;
  }

  /** Its processor is somebody else's for a while. */
  stall(milliseconds: number): void {
    this.#busyUntil = Math.max(performance.now(), this.#busyUntil) + milliseconds;
  }

  async use<T>(work: (client: never) => Promise<T>): Promise<T> {
    if (this.#idle > 0) this.#idle -= 1;
    else
      await this.#compute(this.#connectMs, CONNECT_TIMEOUT_MS).catch((error) => {
        throw new DatabaseFailure(error, 'connect');
      });
    const query = async ({ query_timeout: timeoutMs }: { query_timeout: number }) => {
      await this.#compute(this.workMs, timeoutMs);
      return { rows: [] };
    };
    const value = await work({ query } as never);
    this.#idle += 1;
    return value;
  }

  async findPrimary(limitMs: number): Promise<boolean> {
    try {
      await this.#compute(this.#connectMs, limitMs);
      return true;
    } catch (error) {
      this.refused(error);
      return false;
    }
  }

  refused(error: unknown): void {
    this.refusal = { error, atMs: performance.now() };
  }

  timelineOf(): number {
    return 1;
  }

  async end(): Promise<void> {}

  async #compute(costMs: number, timeoutMs: number): Promise<void> {
    const gone = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    if (!this.#isUp) throw gone;
    const now = performance.now();
    this.#busyUntil = Math.max(now, this.#busyUntil) + costMs;
    const took = this.#busyUntil - now;
    await new Promise((resolve) => setTimeout(resolve, Math.min(took, timeoutMs)));
    if (!this.#isUp) throw gone;
    if (took > timeoutMs) throw new Error('Query read timeout');
  }
}

interface Tally {
  ok: number;
  /** Refused within a second. */
  refused: number;
  failed: number;
}

/**
 * Asks `perSecond` for `seconds`, whatever comes back, and waits for all answers.
 *
 * @param answered told of each request: which one it was, how it ended, and after how many milliseconds
 */
async function load(
  primaries: Primary[],
  perSecond: number,
  seconds: number,
  answered: (n: number, outcome: keyof Tally, tookMs: number) => void = () => {},
): Promise<Tally> {
  const tally: Tally = { ok: 0, refused: 0, failed: 0 };
  const answers: Promise<void>[] = [];
  for (let n = 0; n < perSecond * seconds; n += 1) {
    const cameAt = performance.now();
    const answer = primaries[n % primaries.length]?.read((query) => query('SELECT 1'), Deadline.in(29_500));
    const settle = (outcome?: keyof Tally) => () => {
      const tookMs = performance.now() - cameAt;
      const how = outcome ?? (tookMs <= 1000 ? 'refused' : 'failed');
      tally[how] += 1;
      answered(n, how, tookMs);
    };
    if (answer) {
      answers.push(answer.then(settle('ok'), settle()));
    }
    await vi.advanceTimersByTimeAsync(1000 / perSecond);
  }
  await vi.advanceTimersByTimeAsync(40_000);
  await Promise.all(answers);
  return tally;
}

async function started(server: SlowServer, parts: PrimaryParts = {}): Promise<Primary[]> {
  const primaries = [1, 2].map(() => new Primary(OPTIONS, {}, { connections: server, ...parts }));
  const ready = Promise.all(primaries.map((primary) => primary.start()));
  await vi.advanceTimersByTimeAsync(1000);
  await ready;
  return primaries;
}

/** A load, and an outage of 22 s in it. */
async function failover(perSecond: number, parts: PrimaryParts = {}, connectMs = CONNECT_MS): Promise<Tally> {
  const server = new SlowServer(connectMs);
  const primaries = await started(server, parts);
  setTimeout(() => server.stop(), 10_000);
  setTimeout(() => server.start(), 32_000);
  return load(primaries, perSecond, 60);
}

describe('a failover under load', { timeout: 60_000 }, () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('at 60 % of the capacity nothing fails and nothing is refused', async () => {
    expect(await failover(0.6 * CAPACITY)).toEqual({ ok: 0.6 * CAPACITY * 60, refused: 0, failed: 0 });
  });

  it('recovers where connections are dear, and collapses there with the gate of before, which lets all in at once', async () => {
    const now = await failover(0.6 * CAPACITY, {}, DEAR_MS);
    const before = await failover(0.6 * CAPACITY, { react: anyLatenessCloses, least: OPTIONS.server.max }, DEAR_MS);
    const asked = 0.6 * CAPACITY * 60;
    expect(now.failed).toBe(0);
    expect(now.ok).toBeGreaterThan(0.9 * asked);
    expect(before.failed).toBeGreaterThan(0);
    expect(before.ok).toBeLessThan(0.7 * asked);
  });

  it('does not keep a backlog that never shrinks: on a slower new primary that is stalled again and again', async () => {
    const server = new SlowServer();
    const primaries = await started(server);
    const perSecond = 0.6 * CAPACITY;
    const late = { failed: 0, slowestMs: 0 };
    setTimeout(() => server.stop(), 10_000);
    setTimeout(() => {
      server.workMs = 2 * WORK_MS;
      server.start();
    }, 32_000);
    for (let atMs = 40_000; atMs < 150_000; atMs += 4000) setTimeout(() => server.stall(1200), atMs);
    await load(primaries, perSecond, 150, (n, outcome, tookMs) => {
      if (n < 130 * perSecond || outcome === 'refused') return;
      if (outcome === 'failed') late.failed += 1;
      late.slowestMs = Math.max(late.slowestMs, tookMs);
    });
    // Long after the outage; a stall is in it.
    expect(late.failed).toBe(0);
    expect(late.slowestMs).toBeLessThan(5000);
  });

  it('at 150 % hardly anything that was let in fails, though the new primary becomes slower while its backlog is long', async () => {
    const server = new SlowServer();
    const primaries = await started(server);
    setTimeout(() => server.stop(), 10_000);
    setTimeout(() => server.start(), 32_000);
    // The old primary comes back and is brought up to date.
    setTimeout(() => {
      server.workMs = 1.4 * WORK_MS;
    }, 42_000);
    setTimeout(() => {
      server.workMs = WORK_MS;
    }, 72_000);
    const { ok, refused, failed } = await load(primaries, 1.5 * CAPACITY, 100);
    expect(failed).toBeLessThan(0.01 * ok);
    expect(refused).toBeGreaterThan(0);
    expect(ok).toBeGreaterThan(0.8 * CAPACITY * (38 + 30 / 1.4));
  });

  it('at 150 % hardly anything that was let in fails, and the rest is told at once', async () => {
    const { ok, refused, failed } = await failover(1.5 * CAPACITY);
    // Who is let in is told by an estimate.
    expect(failed).toBeLessThan(0.01 * ok);
    expect(refused).toBeGreaterThan(0);
    // 38 of 60 s there was a primary; what waited at the end is done after it.
    expect(ok).toBeGreaterThan(38 * CAPACITY * 0.8);
  });
});

describe('three times what a server can do', { timeout: 60_000 }, () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is served as far as it goes, and refused at once beyond', async () => {
    const { ok, refused, failed } = await load(await started(new SlowServer()), 3 * CAPACITY, 20);
    expect(failed).toBe(0);
    expect(ok).toBeGreaterThan(20 * CAPACITY * 0.8);
    expect(refused).toBeGreaterThan(0);
  });
});
