import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import type pg from 'pg';
import { DOUBT } from '../admission/admission.ts';
import { Aside } from '../admission/aside.ts';
import { Limiter } from '../admission/limiter.ts';
import type { Deadline } from '../deadline.ts';
import { NotServedError } from '../errors.ts';
import type { ServerOptions } from '../options.ts';
import { isTimeout } from '../primary/classify.ts';
import { createPool, timed } from '../primary/pools.ts';
import type { Query } from '../primary/transact.ts';
import { type Position, parsePosition } from './position.ts';
import { REPLAYED, type Replayed } from './position-sql.ts';

/** A replica that does not answer in this time is left for the primary. */
const REPLICA_TIMEOUT_MS = 2000;
/**
 * A new connection that takes longer than its read can wait is not broken off: on a busy machine it takes seconds, and the next one
 * would, too. It is there for a later read. But not for ever: it may lead to a host that is gone.
 */
const TIMES_TO_CONNECT = 3;
/** Weight of the latest read in the usual time. */
const LATEST = 0.1;
/** One late answer is no sick replica. */
const FAILURES = 3;

type Work<T> = (query: Query) => Promise<T>;

/**
 * Connections to the read replicas: only as many as get more done together (see {@link Limiter}). Reads that come all at once,
 * as after a failover, would each open one, which costs a busy server more than the reads. They wait for their turn, the earliest
 * deadline first: that many want to read says nothing about the replicas.
 */
export class Replicas {
  readonly pool: pg.Pool;
  readonly #limiter: Limiter;
  readonly #most: number;
  readonly #reports: number;
  readonly #patienceMs: number;
  readonly #turn: Aside;
  /** What a read takes that is answered: of a replica that hangs it says nothing, and the breaker opens soon. */
  #tookMs = 0;
  /** After a few failures the replicas are left alone for a second, then one read tries. */
  readonly #breaker = circuitBreaker(handleAll, { halfOpenAfter: 1000, breaker: new ConsecutiveBreaker(FAILURES) });

  /** @param reports how many connections reports may take beside the reads */
  constructor(server: ServerOptions, reports: number) {
    this.#most = server.max;
    this.#reports = reports;
    this.#limiter = new Limiter(server.max);
    this.#patienceMs = server.connectionTimeoutMs;
    this.#turn = new Aside(() => this.#limiter.limit);
    this.pool = createPool({ ...server, connectionTimeoutMs: TIMES_TO_CONNECT * this.#patienceMs });
    this.#bound();
  }

  /**
   * @returns undefined when the replica at hand is behind `after`, and when none answers
   * @throws {NotServedError} OVERLOADED when its turn will not come in time; at once, as far as one can tell, else at the deadline
   */
  async read<T>(after: Position, deadline: Deadline, work: Work<T>): Promise<{ value: T } | undefined> {
    const attempt = () => this.#breaker.execute(() => this.#ask(after, work)).catch(() => undefined);
    // Nobody waits for what is known to be away, and the one who tries it anew is the only one.
    if (this.#breaker.state === CircuitState.Open) return await attempt();
    const waitMs = this.#expectedWaitMs;
    if (waitMs * DOUBT > deadline.leftMs) throw new NotServedError('OVERLOADED', { waitMs });
    return await this.#turn.run(attempt, deadline);
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#turn.waiting;
  }

  /** Until who comes now has its turn: as many as are asked at a time are done in the time that one takes. */
  get #expectedWaitMs(): number {
    return (this.waiting * this.#tookMs) / this.#limiter.limit;
  }

  async #ask<T>(after: Position, work: Work<T>): Promise<{ value: T } | undefined> {
    const client = await this.#connect();
    let startedMs = performance.now();
    let isLate = false;
    const timedWork: Work<T> = async (query) => {
      // Some reads ask first how far the replica is: that makes them no slower than others.
      startedMs = performance.now();
      return await work(query);
    };
    try {
      const answer = await ask(client, after, timedWork, REPLICA_TIMEOUT_MS);
      this.#tookMs += (performance.now() - startedMs - this.#tookMs) * LATEST;
      return answer;
    } catch (error) {
      isLate = isTimeout(error);
      throw error;
    } finally {
      const now = performance.now();
      this.#limiter.left({ tookMs: now - startedMs, isLate, wasFull: this.waiting > 0 }, now);
      this.#bound();
    }
  }

  /** As {@link read}, of work that may take long: it says nothing about how busy the replicas are. @throws when none answers */
  async report<T>(after: Position, work: Work<T>, timeoutMs: number): Promise<{ value: T } | undefined> {
    return await ask(await this.#connect(), after, work, timeoutMs);
  }

  /** A connection, if there is one in time; one that comes later goes to the pool. */
  async #connect(): Promise<pg.PoolClient> {
    // One that is there needs no limit to its making.
    if (this.pool.idleCount > this.pool.waitingCount) return await this.pool.connect();
    const connecting = this.pool.connect();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), this.#patienceMs);
    });
    const client = await Promise.race([connecting, late]).finally(() => clearTimeout(timer));
    if (client) return client;
    connecting.then(
      (unused) => unused.release(),
      () => {},
    );
    throw new Error(`no connection to a replica in ${this.#patienceMs} ms`);
  }

  /** The pool looks at its bound whenever it would open a connection. */
  #bound(): void {
    this.pool.options.max = Math.min(this.#most, this.#limiter.limit + this.#reports);
  }
}

/**
 * How far the server of a connection had replayed when it was asked last. It goes back only by a restart, and with it the connection
 * ends: who is content with as much need not ask again.
 */
const replayed = new WeakMap<pg.PoolClient, Position>();

async function ask<T>(
  client: pg.PoolClient,
  after: Position,
  work: Work<T>,
  timeoutMs: number,
): Promise<{ value: T } | undefined> {
  const ignore = () => {};
  client.on('error', ignore);
  let broken = true;
  try {
    const query = async <R extends object>(text: string, values: readonly unknown[] = []) =>
      (await client.query<R>(timed(text, values, timeoutMs))).rows;
    let known = replayed.get(client);
    if (!hasReplayed(known, after)) {
      known = await askPosition(query);
      if (known) replayed.set(client, known);
    }
    const answer = hasReplayed(known, after) ? { value: await work(query) } : undefined;
    broken = false;
    return answer;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}

/** Whether a server shows what was written up to `after`: the byte, and the timeline that it is on. Pure. */
function hasReplayed(known: Position | undefined, { timeline, lsn }: Position): boolean {
  return known !== undefined && known.timeline >= timeline && known.lsn >= lsn;
}

/** How far the server at hand has replayed; undefined when it is a primary and was never a standby. */
async function askPosition(query: Query): Promise<Position | undefined> {
  const [row] = await query<Replayed>(REPLAYED);
  return parsePosition(row?.position ?? undefined);
}
