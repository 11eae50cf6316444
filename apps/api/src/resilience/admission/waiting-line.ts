import type { Deadline } from '../deadline.ts';

/** Who waits for a place. */
export interface Waiter {
  deadline: Deadline;
  /** Records that the work changes. */
  keys: readonly string[];
  /** One of its records was taken when it came. */
  isBehind: boolean;
  admit: () => void;
  refuse: (error: Error) => void;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Who waits, the earliest deadline first; and who works on which records: one at a time for each, as whoever wants one of them too
 * would only wait for its lock, in a place that others need.
 */
export class WaitingLine {
  readonly #queue: Waiter[] = [];
  /** Records that somebody works on. */
  readonly #taken = new Set<string>();
  /** How many wait for each record. */
  readonly #wanted = new Map<string, number>();
  #piled = 0;

  get length(): number {
    return this.#queue.length;
  }

  /** How many wait behind others for the same record, and so in nobody else's way. */
  get piled(): number {
    return this.#piled;
  }

  /** How many wait for a record. */
  wanting(key: string): number {
    return this.#wanted.get(key) ?? 0;
  }

  areFree(keys: readonly string[]): boolean {
    return !keys.some((key) => this.#taken.has(key));
  }

  take(keys: readonly string[]): void {
    for (const key of keys) this.#taken.add(key);
  }

  giveBack(keys: readonly string[]): void {
    for (const key of keys) this.#taken.delete(key);
  }

  /** How many have their turn before it. From the end: who comes last mostly has the latest deadline. */
  placeOf(deadline: Deadline): number {
    let at = this.#queue.length;
    while (at > 0 && (this.#queue[at - 1]?.deadline.atMs ?? 0) > deadline.atMs) at -= 1;
    return at;
  }

  join(waiter: Waiter): void {
    this.#queue.splice(this.placeOf(waiter.deadline), 0, waiter);
    for (const key of waiter.keys) {
      const others = this.wanting(key);
      this.#wanted.set(key, others + 1);
      if (others > 0) this.#piled += 1;
    }
  }

  /** It waits no longer. */
  leave(waiter: Waiter): void {
    const at = this.#queue.indexOf(waiter);
    if (at >= 0) this.#queue.splice(at, 1);
    this.#settle(waiter);
  }

  /** The first whose records are free: it waits no longer. */
  next(): Waiter | undefined {
    const at = this.#queue.findIndex(({ keys }) => this.areFree(keys));
    const [waiter] = at < 0 ? [] : this.#queue.splice(at, 1);
    if (waiter) this.#settle(waiter);
    return waiter;
  }

  /** All of them: they wait no longer. */
  empty(): Waiter[] {
    const all = this.#queue.splice(0);
    for (const waiter of all) this.#settle(waiter);
    return all;
  }

  #settle({ timer, deadline, keys }: Waiter): void {
    for (const key of keys) {
      const others = this.wanting(key) - 1;
      if (others > 0) {
        this.#wanted.set(key, others);
        this.#piled -= 1;
      } else {
        this.#wanted.delete(key);
      }
    }
    clearTimeout(timer);
    deadline.whenAbandoned(undefined);
  }
}
