/** The wait for a primary was too long, or too many wait already. */
export class HoldExpiredError extends Error {
  readonly reason: 'deadline' | 'queue' | 'closed';

  constructor(reason: 'deadline' | 'queue' | 'closed') {
    super(`hold: ${reason}`);
    this.name = 'HoldExpiredError';
    this.reason = reason;
  }
}

interface Waiter {
  deadline: number;
  admit: () => void;
  refuse: (error: HoldExpiredError) => void;
  timer: NodeJS.Timeout | undefined;
}

/**
 * The waiting room before the primary: work goes in when there is a primary (`open`) and a slot, the earliest deadline first.
 * That is first come, first served for requests, also for those that need a second turn (a login, a refusal to be stored):
 * behind all who came meanwhile they would not be answered in time.
 *
 * While there is none, work waits here without touching the network, so that thousands of waiting requests cost one
 * prober's connection attempts and not their own.
 */
export class Hold {
  readonly #limit: number;
  #free: number;
  #open = false;
  #ended = false;
  readonly #queue: Waiter[] = [];

  /**
   * @param slots how many may be inside at a time
   * @param limit how many may wait
   */
  constructor(slots: number, limit: number) {
    this.#free = slots;
    this.#limit = limit;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Waits for a slot; the caller gives it back with {@link release}.
   *
   * @param deadline in `performance.now()` time
   * @param again the work was inside before: the limit does not count for it
   * @throws {HoldExpiredError}
   */
  acquire(deadline: number, again = false): Promise<void> {
    if (this.#ended) return Promise.reject(new HoldExpiredError('closed'));
    if (this.#open && this.#free > 0 && this.#queue.length === 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    const left = deadline - performance.now();
    if (left <= 0) return Promise.reject(new HoldExpiredError('deadline'));
    if (!again && this.#queue.length >= this.#limit) return Promise.reject(new HoldExpiredError('queue'));
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { deadline, admit: resolve, refuse: reject, timer: undefined };
      waiter.timer = setTimeout(() => {
        const at = this.#queue.indexOf(waiter);
        if (at >= 0) this.#queue.splice(at, 1);
        reject(new HoldExpiredError('deadline'));
      }, left);
      this.#enqueue(waiter);
      this.#admit();
    });
  }

  release(): void {
    this.#free += 1;
    this.#admit();
  }

  /** There is a primary. */
  open(): void {
    this.#open = true;
    this.#admit();
  }

  /** There is no primary: who is inside finds out alone, who comes waits. */
  close(): void {
    this.#open = false;
  }

  /** Refuses all who wait and all who come. */
  end(): void {
    this.#ended = true;
    this.#open = false;
    for (const waiter of this.#queue.splice(0)) {
      clearTimeout(waiter.timer);
      waiter.refuse(new HoldExpiredError('closed'));
    }
  }

  /** From the end: who comes last mostly has the latest deadline. */
  #enqueue(waiter: Waiter): void {
    let at = this.#queue.length;
    while (at > 0 && (this.#queue[at - 1]?.deadline ?? 0) > waiter.deadline) at -= 1;
    this.#queue.splice(at, 0, waiter);
  }

  #admit(): void {
    while (this.#open && this.#free > 0) {
      const next = this.#queue.shift();
      if (!next) return;
      clearTimeout(next.timer);
      this.#free -= 1;
      next.admit();
    }
  }
}
