import type { Deadline } from '../deadline.ts';
import { NotServedError } from '../errors.ts';
import { type Waiter, WaitingLine } from './waiting-line.ts';

const overloaded = () => new NotServedError('OVERLOADED');

/** As many as may wait in the main queue by default. */
const QUEUE = 5000;

/**
 * A side entrance for work that could come in any amount through no need of its own: a few at a time, so that it never fills the
 * places of all others. The earliest deadline is first: who waited elsewhere before, for a session or a replica, does not wait again
 * behind those who came meanwhile.
 */
export class Aside {
  readonly #atATime: () => number;
  readonly #queue: number;
  readonly #full: () => Error;
  readonly #line = new WaitingLine();
  #inside = 0;

  /**
   * @param atATime how many; asked anew whenever somebody comes or goes
   * @param queue how many may wait; those beyond are refused at once
   * @param full what those are told; who waits until his deadline is told OVERLOADED, as they are by default
   */
  constructor(atATime: number | (() => number), queue = QUEUE, full: () => Error = overloaded) {
    this.#atATime = typeof atATime === 'number' ? () => atATime : atATime;
    this.#queue = queue;
    this.#full = full;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Runs work when it has its turn. @throws {NotServedError} when too many wait, or when its turn has not come by the deadline */
  async run<T>(work: () => Promise<T>, deadline: Deadline): Promise<T> {
    if (this.#hasPlace && this.#line.length === 0) this.#inside += 1;
    else if (this.#line.length >= this.#queue) throw this.#full();
    else await turn(this.#line, deadline);
    try {
      return await work();
    } finally {
      this.#inside -= 1;
      this.#admit();
    }
  }

  get #hasPlace(): boolean {
    return this.#inside < Math.max(1, Math.floor(this.#atATime()));
  }

  #admit(): void {
    while (this.#hasPlace) {
      const next = this.#line.next();
      if (!next) return;
      this.#inside += 1;
      next.admit();
    }
  }
}

/** Waits until it is let in. A client that hears nothing until it gives up knows less than one that is refused. */
function turn(line: WaitingLine, deadline: Deadline): Promise<void> {
  return new Promise((resolve, reject) => {
    const waiter: Waiter = { deadline, keys: [], isBehind: false, admit: resolve, refuse: reject, timer: undefined };
    const leave = () => {
      line.leave(waiter);
      reject(overloaded());
    };
    waiter.timer = setTimeout(leave, deadline.leftMs);
    deadline.whenAbandoned(leave);
    line.join(waiter);
  });
}
