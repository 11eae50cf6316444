import { Deadline } from '../deadline.ts';
import { WRITE_NOTHING } from '../reads/position-sql.ts';
import { DatabaseFailure } from './classify.ts';
import type { PrimaryConnections } from './connections.ts';
import { CLIENT_TIMEOUT_MS } from './pools.ts';
import { type Transaction, transact } from './transact.ts';

/** After so many times the time of a hand-over without such a failure, another one has another reason. */
const ANOTHER = 10;
/**
 * Room on the server that had none may be what a hand-over needs, and gives back first: it is believed when it is there for so long.
 */
const SETTLED_MS = 3000;

/**
 * Whether the primary has room for writes, and whether it is worth waiting for some: a primary whose disk is full hands over to a
 * standby that has room, where there is one.
 */
export class Room {
  readonly #handOverMs: number;
  /** Since when there is none; undefined: there is. */
  #fullSinceMs: number | undefined;
  #fullAtMs = Number.NEGATIVE_INFINITY;
  /** Of the server that has none, once it was asked. */
  #fullTimeline: number | undefined;
  /** Since when that server takes such writes again. */
  #roomSinceMs: number | undefined;

  /** @param handOverMs so long is a standby waited for that takes over, in milliseconds */
  constructor(handOverMs: number) {
    this.#handOverMs = handOverMs;
  }

  /** There was none, and no write since has shown that there is. */
  get isLacking(): boolean {
    return this.#fullSinceMs !== undefined;
  }

  /** A write was done that takes room; others may fit into what is there. */
  found(): void {
    this.#fullSinceMs = undefined;
    this.#fullTimeline = undefined;
    this.#roomSinceMs = undefined;
  }

  /**
   * Notes work that failed.
   *
   * @param isNews false: there was a search for a primary since
   * @returns whether it failed for want of room that may come soon, or may have come since
   */
  mayCome({ kind }: Pick<DatabaseFailure, 'kind'>, isNews = true): boolean {
    if (kind !== 'full' || !isNews) return kind === 'full';
    const now = performance.now();
    if (now - this.#fullAtMs > ANOTHER * this.#handOverMs) this.found();
    this.#fullAtMs = now;
    this.#fullSinceMs ??= now;
    return this.#isAwaited;
  }

  /** Whether the primary takes writes: asked only where the last one found no room, and a standby may take over yet. */
  async isThere(connections: Pick<PrimaryConnections, 'use' | 'timelineOf' | 'refused'>): Promise<boolean> {
    if (!this.#isAwaited) return true;
    const deadline = Deadline.in(CLIENT_TIMEOUT_MS);
    let timeline = 0;
    try {
      await connections.use((client) => {
        timeline = connections.timelineOf(client);
        return transact(client, timeline, false, writeNothing, deadline);
      });
    } catch (error) {
      const kind = error instanceof DatabaseFailure ? error.kind : undefined;
      // What fails for another reason says nothing of the disk.
      if (kind !== 'full' && kind !== 'away') return true;
      if (kind === 'full') [this.#fullTimeline, this.#roomSinceMs] = [timeline, undefined];
      connections.refused(error);
      return false;
    }
    this.#roomSinceMs ??= performance.now();
    const isAnother = this.#fullTimeline !== undefined && timeline !== this.#fullTimeline;
    if (!isAnother && performance.now() - this.#roomSinceMs < SETTLED_MS) return false;
    this.found();
    return true;
  }

  /** In the end the answer is that there is none, and not a wait. */
  get #isAwaited(): boolean {
    return this.#fullSinceMs !== undefined && performance.now() - this.#fullSinceMs < this.#handOverMs;
  }
}

/**
 * Takes as much room on the database's disk as a write that needs another page, and a little more; the server gives it back by
 * itself. A page that is there takes a row's next version even on a full disk, so a small write alone says nothing of others.
 */
export async function takeRoom(query: (text: string) => Promise<unknown>): Promise<void> {
  await query(`SELECT set_config('work_mem', '64kB', true)`);
  // More than fits into work_mem goes through a temporary file.
  await query('SELECT count(*) FROM generate_series(1, 8000)');
}

/** Work that changes nothing, and needs room all the same. */
export async function writeNothing({ query }: Pick<Transaction, 'query'>): Promise<void> {
  await takeRoom(query);
  await query(WRITE_NOTHING);
}
