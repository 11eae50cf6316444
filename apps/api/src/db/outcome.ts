import { DatabaseFailure } from './classify.ts';

/** After this long without another failure it is history: a server that gets no writes must not stay unhealthy for ever. */
export const FORGET_MS = 60_000;

/**
 * How the last writes ended. A server that can read but not write (its disk is full, say) passes every other check; its
 * last failure stands until a write succeeds.
 */
export class WriteOutcome {
  #failure: { error: DatabaseFailure; atMs: number } | undefined;

  succeeded(): void {
    this.#failure = undefined;
  }

  /** Notes what shows that the server takes no writes; what says nothing about that, such as a conflict, is passed over. */
  failed(error: unknown, nowMs: number): void {
    if (error instanceof DatabaseFailure && deniesWrites(error)) this.#failure = { error, atMs: nowMs };
  }

  /** Why the server took no write the last time; undefined when it did, or when that was long ago. */
  trouble(nowMs: number): DatabaseFailure | undefined {
    return this.#failure && nowMs - this.#failure.atMs < FORGET_MS ? this.#failure.error : undefined;
  }
}

/** 53: out of disk, memory or another resource. 58: input/output errors. 25006: read-only. A connection's want is not a write's. */
function deniesWrites({ phase, sqlState = '' }: DatabaseFailure): boolean {
  return phase !== 'connect' && /^(53|58|25006)/.test(sqlState);
}
