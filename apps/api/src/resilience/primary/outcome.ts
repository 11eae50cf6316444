import { DatabaseFailure } from './classify.ts';

/**
 * How the last writes ended. A server that can read but not write (its disk is full, say) passes every other check; its
 * last failure stands until a write succeeds.
 */
export class WriteOutcome {
  #trouble: DatabaseFailure | undefined;

  /** Why the server took no write the last time; undefined when it did. */
  get trouble(): DatabaseFailure | undefined {
    return this.#trouble;
  }

  succeeded(): void {
    this.#trouble = undefined;
  }

  /** Notes what shows that the server takes no writes; what says nothing about that, such as a conflict, is passed over. */
  failed(error: unknown): void {
    if (error instanceof DatabaseFailure && deniesWrites(error)) this.#trouble = error;
  }
}

/** 53: out of disk, memory or another resource. 58: input/output errors. 25006: read-only. A connection's want is not a write's. */
function deniesWrites({ phase, sqlState = '' }: DatabaseFailure): boolean {
  return phase !== 'connect' && /^(53|58|25006)/.test(sqlState);
}
