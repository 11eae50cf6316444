import pg from 'pg';
import type { Config } from '../config.ts';
import { ApiError } from '../errors.ts';
import { DatabaseFailure, NotPrimaryError } from './classify.ts';
import { Hold, HoldExpiredError } from './hold.ts';
import { CLIENT_TIMEOUT_MS, connectionOptions, createPool, type Row } from './pools.ts';
import { type Position, parsePosition, timelineOf } from './position.ts';

/** How long a COMMIT may take. Long: a lost synchronous standby stalls it until the server gives the standby up. */
const COMMIT_TIMEOUT_MS = 15_000;

export interface Transaction {
  /** An earlier run of this transaction may have been committed. */
  readonly rerun: boolean;
  query<R extends Row = Row>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

export interface TransactionOptions {
  /** In `performance.now()` time: when the request must be answered. */
  deadline: number;
  /** When COMMIT's outcome is unknown: `rerun` only if the work may run again after it was committed. */
  onUnknown: 'rerun' | 'fail';
}

export interface Committed<T> {
  value: T;
  /** A replica that has replayed this far shows what was written. */
  position: Position;
}

/** Counters for the metrics; all optional work. */
export interface PrimaryEvents {
  retried?: (kind: string) => void;
  away?: (reason: string) => void;
  back?: (waiting: number) => void;
}

/**
 * The primary database: requests wait, they do not fail.
 *
 * Work that meets a broken or demoted server runs again, first come first served, when a prober has found a primary;
 * bounded by the request's deadline and by the number of those who wait.
 */
export class Primary {
  readonly pool: pg.Pool;
  readonly hold: Hold;
  readonly #config: Config;
  readonly #events: PrimaryEvents;
  /** Connections opened before the last failure are not used again. */
  #generation = 0;
  readonly #born = new WeakMap<object, { generation: number; timeline: number }>();
  readonly #markedTimelines = new Set<number>();
  #probing = false;
  #ended = false;

  constructor(config: Config, events: PrimaryEvents = {}) {
    this.#config = config;
    this.#events = events;
    this.hold = new Hold(config.DB_POOL_MAX, config.HOLD_QUEUE);
    this.pool = createPool(config, config.DB_PRIMARY_HOST, (client) => this.#welcome(client));
  }

  /**
   * Runs `work` in a transaction, again where that is safe.
   *
   * What `work` throws of its own rolls back and goes to the caller. `work` may run several times: it does nothing but
   * query the transaction.
   *
   * @throws {ApiError} UNAVAILABLE or OUTCOME_UNKNOWN
   * @throws {DatabaseFailure} of kind `statement`
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options: TransactionOptions): Promise<Committed<T>> {
    return this.#held(options, (client, rerun) => this.#transact(client, rerun, work, options.deadline));
  }

  /** Runs one reading statement, again until it is answered. */
  async query<R extends Row = Row>(text: string, values: readonly unknown[], deadline: number): Promise<R[]> {
    return await this.#held({ deadline, onUnknown: 'rerun' }, (client) => run<R>(client, text, values, deadline));
  }

  /** Runs reading statements on one connection. */
  read<T>(work: (query: Transaction['query']) => Promise<T>, deadline: number): Promise<T> {
    return this.#held({ deadline, onUnknown: 'rerun' }, (client) =>
      work((text, values = []) => run(client, text, values, deadline)),
    );
  }

  /** Lets work in from now on: the schema is there. */
  start(): void {
    this.#probe();
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.hold.end();
    await this.pool.end();
  }

  async #held<T>(
    { deadline, onUnknown }: TransactionOptions,
    work: (client: pg.PoolClient, rerun: boolean) => Promise<T>,
  ): Promise<T> {
    let rerun = false;
    for (let tries = 0; ; tries += 1) {
      await this.hold.acquire(deadline, tries > 0).catch((error: unknown) => {
        if (!(error instanceof HoldExpiredError)) throw error;
        throw new ApiError(rerun ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE', [], { cause: error });
      });
      const generation = this.#generation;
      let failure: DatabaseFailure;
      try {
        return await this.#withClient((client) => work(client, rerun));
      } catch (error) {
        if (!(error instanceof DatabaseFailure) || error.kind === 'statement') throw error;
        failure = error;
      } finally {
        this.hold.release();
      }
      if (failure.kind === 'unknown') {
        if (onUnknown === 'fail') {
          this.#lost(generation, failure);
          throw new ApiError('OUTCOME_UNKNOWN', [], { cause: failure });
        }
        rerun = true;
      }
      this.#events.retried?.(failure.kind);
      if (failure.kind === 'conflict') await backOff(tries, deadline);
      else this.#lost(generation, failure);
    }
  }

  /** Hands out a connection of the current generation and takes it back: broken ones do not return to the pool. */
  async #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#checkOut();
    let broken = true;
    // A break between two queries is met by the next one; without a listener it would end the process.
    const ignore = () => {};
    client.on('error', ignore);
    try {
      const value = await work(client);
      broken = false;
      return value;
    } catch (error) {
      broken = error instanceof DatabaseFailure && error.kind !== 'conflict' && error.kind !== 'statement';
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(broken || inTransaction(client));
    }
  }

  async #checkOut(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await this.pool.connect().catch((error: unknown) => {
        throw new DatabaseFailure(error, 'connect');
      });
      if (this.#born.get(client)?.generation === this.#generation) return client;
      client.release(true);
    }
  }

  async #transact<T>(
    client: pg.PoolClient,
    rerun: boolean,
    work: (tx: Transaction) => Promise<T>,
    deadline: number,
  ): Promise<Committed<T>> {
    await run(client, 'BEGIN', [], deadline);
    let value: T;
    try {
      value = await work({ rerun, query: (text, values = []) => run(client, text, values, deadline) });
    } catch (error) {
      const gone = error instanceof DatabaseFailure && error.kind === 'away';
      // When not even this works the connection is thrown away, and the server rolls back.
      if (!gone) await run(client, 'ROLLBACK', [], deadline).catch(() => {});
      throw error;
    }
    const timeline = this.#born.get(client)?.timeline ?? 0;
    return { value, position: await commit(client, timeline, deadline) };
  }

  /** Work met a broken server: let nobody in until the prober has found a primary. */
  #lost(generation: number, failure: DatabaseFailure): void {
    // A failure of an older connection says nothing about the server that was found since.
    if (generation !== this.#generation) return;
    this.#generation += 1;
    this.hold.close();
    this.#events.away?.(failure.sqlState ?? failure.message);
    this.#probe();
  }

  #probe(): void {
    if (this.#probing) return;
    this.#probing = true;
    void (async () => {
      for (let tries = 0; !this.#ended && !(await this.#primaryIsThere()); tries += 1) {
        // Often enough that the wait adds little to a failover, and with jitter so that ten servers do not beat together.
        await sleep(Math.min(50 * (tries + 1), 200) * (0.5 + Math.random()));
      }
      this.#probing = false;
      if (this.#ended) return;
      this.#events.back?.(this.hold.waiting);
      this.hold.open();
    })();
  }

  /** Asks on a connection of its own: the pool's may all be stuck. */
  async #primaryIsThere(): Promise<boolean> {
    const client = new pg.Client({
      ...connectionOptions(this.#config, this.#config.DB_PRIMARY_HOST),
      query_timeout: this.#config.DB_POOL_CONNECTION_TIMEOUT_MS,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
      return rows[0]?.standby === false;
    } catch {
      return false;
    } finally {
      void client.end().catch(() => {});
    }
  }

  /**
   * Looks at a new connection: is it the primary, and on which timeline?
   *
   * A server goes from primary to standby only by a restart, which ends its sessions, so once per connection is enough.
   */
  async #welcome(client: pg.ClientBase): Promise<void> {
    const { rows } = await client.query<{ standby: boolean; file: string | null }>(
      'SELECT pg_is_in_recovery() AS standby, CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_insert_lsn()) END AS file',
    );
    const file = rows[0]?.file;
    if (!file) throw new NotPrimaryError();
    const timeline = timelineOf(file);
    // A replica that shows this row is on this timeline or a later one: it cannot tell us otherwise (see reads.ts).
    if (!this.#markedTimelines.has(timeline)) {
      await client.query('INSERT INTO timelines (id) VALUES ($1) ON CONFLICT DO NOTHING', [timeline]);
      this.#markedTimelines.add(timeline);
    }
    this.#born.set(client, { generation: this.#generation, timeline });
  }
}

async function run<R extends Row>(
  client: pg.PoolClient,
  text: string,
  values: readonly unknown[],
  deadline: number,
): Promise<R[]> {
  try {
    const result = await client.query<R>({ text, values: [...values], query_timeout: timeLeft(deadline, CLIENT_TIMEOUT_MS) });
    return result.rows;
  } catch (error) {
    throw new DatabaseFailure(error, 'statement');
  }
}

/** Commits, and asks in the same round trip how far the log reaches now. */
async function commit(client: pg.PoolClient, timeline: number, deadline: number): Promise<Position> {
  let warned = false;
  // "canceling wait for synchronous replication": the server says COMMIT, but the standby may not have it.
  const onNotice = () => {
    warned = true;
  };
  client.on('notice', onNotice);
  try {
    const results = (await client.query({
      text: 'COMMIT; SELECT pg_current_wal_insert_lsn()::text AS lsn',
      query_timeout: timeLeft(deadline, COMMIT_TIMEOUT_MS),
    })) as unknown as pg.QueryResult<{ lsn: string }>[];
    if (warned) throw new Error('commit was not confirmed by the synchronous standby');
    // A transaction with a failed statement answers COMMIT with ROLLBACK, without an error.
    if (results[0]?.command !== 'COMMIT') throw new TypeError('a failed statement was ignored');
    const position = parsePosition(`${timeline}:${results[1]?.rows[0]?.lsn}`);
    if (!position) throw new Error('no position after commit');
    return position;
  } catch (error) {
    if (error instanceof TypeError) throw error;
    throw new DatabaseFailure(error, 'commit');
  } finally {
    client.off('notice', onNotice);
  }
}

/** At least a little, so that work which was let in at the last moment is not broken off unsent. */
function timeLeft(deadline: number, most: number): number {
  return Math.ceil(Math.max(100, Math.min(most, deadline - performance.now())));
}

function inTransaction(client: pg.PoolClient): boolean {
  const status = (client as pg.PoolClient & { getTransactionStatus?: () => string | null }).getTransactionStatus?.();
  return status === 'T' || status === 'E';
}

function backOff(tries: number, deadline: number): Promise<void> {
  const wait = Math.min(20 * 2 ** tries, 500) * (0.5 + Math.random());
  return sleep(Math.max(0, Math.min(wait, deadline - performance.now())));
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
