import type pg from 'pg';
import { reactTo } from '../admission/gate.ts';
import { type Departure, Hold } from '../admission/hold.ts';
import { HoldExpiredError } from '../admission/refusal.ts';
import { RetryBudget } from '../admission/retry-budget.ts';
import { backOff, refusal } from '../admission/turns.ts';
import { Deadline } from '../deadline.ts';
import { NotServedError } from '../errors.ts';
import type { PrimaryOptions } from '../options.ts';
import { DatabaseFailure, isTimeout, LOCK_TIMEOUT, OUT_OF_CONNECTIONS, sqlStateOf } from './classify.ts';
import { Connections, type PrimaryConnections } from './connections.ts';
import { WriteOutcome } from './outcome.ts';
import type { PrimaryEvents, PrimaryParts } from './parts.ts';
import { CLIENT_TIMEOUT_MS } from './pools.ts';
import { Room, writeNothing } from './room.ts';
import { ATTEMPT_MS, searchPrimary } from './search.ts';
import { runStatement } from './statements.ts';
import {
  type Committed,
  type Query,
  queryOn,
  type Shortcut,
  type Transaction,
  type TransactionOptions,
  takeShortcut,
  transact,
} from './transact.ts';

/** How long a want of connections, and work that was done all the same, count as of now. */
const RECENT_MS = 2000;

/** A failover is expected to be through in this part of the time that a request may wait. */
const HOPE = 0.85;

const SILENT = new DatabaseFailure(new Error('timeout: no answer yet'), 'statement');

/** So often is a server asked that does not answer. */
const DOUBT_EVERY_MS = 1000;

/**
 * The primary database: requests wait, they do not fail.
 *
 * Work that meets a broken or demoted server runs again, the earliest deadline first, when a prober has found a primary;
 * bounded by the request's deadline and by the number of those who wait. Work that meets a slow server runs again while the
 * others go on.
 */
export class Primary {
  readonly hold: Hold;
  readonly #connections: PrimaryConnections;
  readonly #events: PrimaryEvents;
  readonly #writes = new WriteOutcome();
  readonly #retries = new RetryBudget();
  readonly #react: typeof reactTo;
  #servedMs = Number.NEGATIVE_INFINITY;
  readonly #room: Room;
  /** Grows with each loss: failures of work that began before the last one are old news. */
  #losses = 0;
  #probing: Promise<void> | undefined;
  #doubting = false;
  #doubtedMs = Number.NEGATIVE_INFINITY;
  readonly #ending = new AbortController();
  readonly #patienceInDoubtMs: number;

  /** @param parts what else it is given, and stand-ins for tests */
  constructor(options: PrimaryOptions, events: PrimaryEvents = {}, parts: PrimaryParts = {}) {
    this.#events = events;
    this.#react = parts.react ?? reactTo;
    this.#patienceInDoubtMs = options.server.connectionTimeoutMs;
    this.#room = new Room(options.failoverMs);
    this.hold = new Hold({
      places: options.server.max,
      least: parts.least,
      queue: options.queue,
      // Who may not wait for so long hopes for a shorter one.
      failoverMs: Math.min(options.failoverMs, options.deadlineMs * HOPE),
      deadlineMs: options.deadlineMs,
      isFlooded: parts.isFlooded,
    });
    this.#connections = parts.connections ?? new Connections(options.server);
  }

  get pool(): pg.Pool {
    return this.#connections.pool;
  }

  /**
   * Runs `work` in a transaction, again where that is safe.
   *
   * What `work` throws of its own rolls back and goes to the caller. `work` may run several times: it does nothing but
   * query the transaction.
   *
   * @param shortcut tried first, once: where it does nothing or fails, `work` runs
   * @throws {NotServedError} UNAVAILABLE, OVERLOADED, RECORD_BUSY, DATABASE_FULL or OUTCOME_UNKNOWN
   * @throws {DatabaseFailure} of kind `statement`
   */
  transaction<T>(
    work: (tx: Transaction) => Promise<T>,
    options: TransactionOptions,
    shortcut?: Shortcut<T>,
  ): Promise<Committed<T>> {
    let shorter = shortcut;
    return this.#held({ ...options, writes: true }, async (client, rerun) => {
      const attempt = shorter;
      shorter = undefined;
      try {
        const timeline = this.#connections.timelineOf(client);
        const committed =
          (attempt && (await takeShortcut(client, timeline, attempt, options.deadline))) ??
          (await transact(client, timeline, rerun, work, options.deadline));
        this.#writes.succeeded();
        return committed;
      } catch (error) {
        this.#writes.failed(error);
        throw error;
      }
    });
  }

  /** Runs reading statements on one connection, again until they are answered. */
  read<T>(work: (query: Query) => Promise<T>, deadline: Deadline): Promise<T> {
    return this.#held({ deadline, onUnknown: 'rerun' }, (client) => work(queryOn(client, deadline)));
  }

  /**
   * Asks the primary for a sign of life, past those who wait.
   *
   * @throws {unknown} why there is none
   */
  async ping(timeoutMs: number): Promise<void> {
    // While requests wait the answer is known, and the prober is at work already.
    if (!this.hold.isOpen) throw this.#connections.refusal?.error ?? new Error('no primary');
    const deadline = Deadline.in(timeoutMs);
    await this.#connections.use((client) => runStatement(client, 'SELECT 1', [], deadline));
  }

  /** Why the server takes no writes, though it may answer; undefined while it takes them. */
  get writeTrouble(): DatabaseFailure | undefined {
    return this.#writes.trouble;
  }

  /** It had no room, and no write since has shown that it has: one that succeeds may have fitted into what was there. */
  get lacksRoom(): boolean {
    return this.#room.isLacking;
  }

  /**
   * Writes something that changes nothing: whether writes work again, where nobody else writes.
   *
   * @throws what {@link transaction} throws
   */
  async tryWrite(timeoutMs: number): Promise<void> {
    await this.transaction(writeNothing, { deadline: Deadline.in(timeoutMs), onUnknown: 'rerun' });
    this.#room.found();
  }

  /** The server's word that it had no connection to spare, if it said so lately. */
  get shortage(): unknown {
    const { refusal } = this.#connections;
    return refusal && isRecent(refusal.atMs) && sqlStateOf(refusal.error) === OUT_OF_CONNECTIONS
      ? refusal.error
      : undefined;
  }

  /** Whether work was done lately, over whichever connections. */
  get serves(): boolean {
    return isRecent(this.#servedMs);
  }

  /** Notes why the database is not ready, where preparing it found out. */
  notReady(error: unknown): void {
    this.#connections.refused(error);
  }

  /** Lets work in as soon as a primary is found: the schema is there. Resolves then. */
  async start(): Promise<void> {
    await this.#probe();
  }

  async end(): Promise<void> {
    this.#ending.abort();
    this.hold.end();
    await this.#connections.end();
  }

  async #held<T>(
    { deadline, onUnknown, keys = [], writes = false }: TransactionOptions & { writes?: boolean },
    work: (client: pg.PoolClient, rerun: boolean) => Promise<T>,
  ): Promise<T> {
    let rerun = false;
    let isLocked = false;
    let waitedForRoom = false;
    this.#retries.came();
    for (let tries = 0; ; tries += 1) {
      const enteredAt = await this.hold.acquire(deadline, keys).catch((error: unknown) => {
        throw error instanceof HoldExpiredError ? refusal(error, rerun, isLocked) : error;
      });
      const losses = this.#losses;
      let failure: DatabaseFailure;
      let departure: Departure = 'done';
      let awaitsRoom = false;
      // A commit may take long for good reason; a server that is silent is asked before.
      const silence = setTimeout(() => this.#doubt(losses, enteredAt, SILENT), CLIENT_TIMEOUT_MS);
      try {
        const value = await this.#connections.use((client) => work(client, rerun));
        this.#servedMs = performance.now();
        return value;
      } catch (error) {
        if (!(error instanceof DatabaseFailure) || error.kind === 'statement') throw error;
        failure = error;
        departure = failure.isLate ? 'late' : 'failed';
        // Before the place is free: nobody else runs into the same wall.
        // Once: one that needs more than others must not keep them out. What failed before the last loss is old news.
        awaitsRoom = writes && !waitedForRoom && this.#room.mayCome(failure, losses === this.#losses);
        waitedForRoom ||= awaitsRoom;
        // Who writes waits until another server has taken over, as in any failover.
        const reaction = awaitsRoom ? 'close' : this.#react(failure);
        if (reaction === 'close') this.#lost(losses, failure);
        else if (reaction === 'doubt') this.#doubt(losses, enteredAt, failure);
      } finally {
        clearTimeout(silence);
        this.hold.release(enteredAt, departure, keys);
      }
      // Nobody takes over, and waiting does not empty a disk. An earlier run may have been committed, though.
      if (failure.kind === 'full' && !awaitsRoom)
        throw new NotServedError(rerun ? 'OUTCOME_UNKNOWN' : 'DATABASE_FULL', { cause: failure });
      if (failure.kind === 'unknown') {
        if (onUnknown === 'fail') throw new NotServedError('OUTCOME_UNKNOWN', { cause: failure });
        rerun = true;
      }
      if (failure.kind === 'slow' && this.hold.isOpen && !this.#retries.take()) {
        throw new NotServedError(rerun ? 'OUTCOME_UNKNOWN' : 'OVERLOADED', { cause: failure });
      }
      isLocked = failure.sqlState === LOCK_TIMEOUT;
      this.#events.retried?.(failure.kind);
      if (failure.kind === 'conflict') await backOff(tries, deadline);
    }
  }

  /** Work met a broken server: let nobody in until the prober has found a primary, often the same one. */
  #lost(losses: number, failure: DatabaseFailure): void {
    if (losses !== this.#losses) return;
    this.#losses += 1;
    this.hold.close();
    this.#connections.refused(failure);
    this.#events.away?.(failure.sqlState ?? failure.message);
    void this.#probe();
  }

  /**
   * Work got no answer in time: somebody asks the server, the others go on. It is given up when it does not answer that either and
   * nobody else had an answer since.
   */
  #doubt(losses: number, enteredAtMs: number, failure: DatabaseFailure): void {
    const now = performance.now();
    if (losses !== this.#losses || this.#doubting || this.#probing || now - this.#doubtedMs < DOUBT_EVERY_MS) return;
    this.#doubting = true;
    this.#doubtedMs = now;
    void this.#connections.findPrimary(this.#patienceInDoubtMs, this.#ending.signal).then((found) => {
      this.#doubting = false;
      if (found || this.#ending.signal.aborted || losses !== this.#losses) return;
      const { refusal } = this.#connections;
      const isSilent = isTimeout(refusal?.error);
      if (isSilent && this.#servedMs > enteredAtMs) return;
      this.#lost(losses, failure);
    });
  }

  #probe(): Promise<void> {
    this.#probing ??= this.#findPrimary();
    return this.#probing;
  }

  async #findPrimary(): Promise<void> {
    await searchPrimary(async (signal) => {
      return (await this.#connections.findPrimary(ATTEMPT_MS, signal)) && (await this.#room.isThere(this.#connections));
    }, this.#ending.signal);
    // Before anybody is let in: who fails then starts the next search.
    this.#probing = undefined;
    if (this.#ending.signal.aborted) return;
    this.#events.back?.(this.hold.waiting);
    this.hold.open();
  }
}

function isRecent(atMs: number): boolean {
  return performance.now() - atMs < RECENT_MS;
}
