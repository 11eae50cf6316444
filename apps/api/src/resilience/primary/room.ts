import { Deadline } from '../deadline.ts';
import { WRITE_NOTHING } from '../reads/position-sql.ts';
import type { DatabaseFailure } from './classify.ts';
import type { PrimaryConnections } from './connections.ts';
import { CLIENT_TIMEOUT_MS } from './pools.ts';
import { type Transaction, transact } from './transact.ts';

/** A disk that is found full after so many times the time of a hand-over was full for another reason. */
const ANOTHER = 10;

/**
 * Whether the primary has room for writes, and whether it is worth waiting for some: a primary whose disk is full hands over to a
 * standby that has room, where there is one.
 */
export class Room {
  readonly #handOverMs: number;
  /** Since when there is none; undefined: there is. */
  #fullSinceMs: number | undefined;

  /** @param handOverMs so long is a standby waited for that takes over, in milliseconds */
  constructor(handOverMs: number) {
    this.#handOverMs = handOverMs;
  }

  /** A write was done that takes room; others may fit into what is there. */
  found(): void {
    this.#fullSinceMs = undefined;
  }

  /** Notes work that failed. @returns whether it failed for want of room that may come soon */
  mayCome({ kind }: Pick<DatabaseFailure, 'kind'>): boolean {
    if (kind !== 'full') return false;
    const now = performance.now();
    if (this.#fullSinceMs === undefined || now - this.#fullSinceMs > ANOTHER * this.#handOverMs)
      this.#fullSinceMs = now;
    return this.#isAwaited;
  }

  /** Whether the primary takes writes: asked only where the last one found no room, and a standby may take over yet. */
  async isThere(connections: Pick<PrimaryConnections, 'use' | 'timelineOf' | 'refused'>): Promise<boolean> {
    if (!this.#isAwaited) return true;
    const deadline = Deadline.in(CLIENT_TIMEOUT_MS);
    try {
      await connections.use((client) =>
        transact(client, connections.timelineOf(client), false, writeNothing, deadline),
      );
      this.found();
      return true;
    } catch (error) {
      connections.refused(error);
      return false;
    }
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
