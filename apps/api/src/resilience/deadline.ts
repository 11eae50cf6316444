/**
 * Until when a request must be answered, and whether anybody still waits for the answer. Times are `performance.now()`'s.
 */
export class Deadline {
  readonly atMs: number;
  /** Of the request; missing where it is about none. */
  readonly requestId: string | undefined;
  readonly #cameAtMs: number;
  /** Work for this request was let in once: what it still needs is not refused for want of time. */
  wasAdmitted = false;
  #abandoned = false;
  #onAbandon: (() => void) | undefined;

  /** @param cameAtMs when the request came */
  constructor(atMs: number, cameAtMs = performance.now(), requestId?: string) {
    this.atMs = atMs;
    this.requestId = requestId;
    this.#cameAtMs = cameAtMs;
  }

  /** @param milliseconds from now */
  static in(milliseconds: number): Deadline {
    return new Deadline(performance.now() + milliseconds);
  }

  /** Milliseconds left; negative when it has passed. */
  get leftMs(): number {
    return this.atMs - performance.now();
  }

  /** Milliseconds since it came. */
  get ageMs(): number {
    return performance.now() - this.#cameAtMs;
  }

  get isAbandoned(): boolean {
    return this.#abandoned;
  }

  /** The client has gone: what waits for its turn is dropped, what has begun is done. */
  abandon(): void {
    this.#abandoned = true;
    this.#onAbandon?.();
  }

  /** What to do when the client goes; one at a time, `undefined` for nothing any more. */
  whenAbandoned(listener: (() => void) | undefined): void {
    this.#onAbandon = listener;
  }
}

/** An answer needs some time for its way to the client. */
const LATEST_MARGIN_MS = 500;

/**
 * The deadline of a request that has just been read. The load balancer's stamp says when it came: the time it spent in queues, in
 * a busy process's socket and at servers that are gone is over. A stamp that cannot be right (another clock) is not believed.
 *
 * @param stamp milliseconds since 1970, as the load balancer writes it into `X-Request-Start`
 * @param now milliseconds since 1970
 * @param requestId a UUID: statements carry it as a comment
 */
export function deadlineOf(stamp: string | undefined, now: number, holdMs: number, requestId?: string): Deadline {
  const age = stamp !== undefined && /^\d{13}$/.test(stamp) ? now - Number(stamp) : 0;
  const believed = age > 0 && age <= holdMs ? age : 0;
  const cameAtMs = performance.now() - believed;
  return new Deadline(cameAtMs + holdMs - Math.min(LATEST_MARGIN_MS, holdMs / 20), cameAtMs, requestId);
}
