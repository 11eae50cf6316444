import { LEASE_S, type LeaseStore, lead } from '../lead/lead.ts';
import { dueTasks, handledUpTo, type Known, parseKnown, type Task } from './due.ts';

export { LEASE_S };

/** The calls of etcd that it needs, see `EtcdClient`. */
export interface Store extends LeaseStore {
  write(key: string, value: string, revision: number, unchanged: { key: string; revision: number }): Promise<boolean>;
}

/** What became of a task that somebody was asked to run: `later` is asked again. */
export type Answer = { did: 'begun' } | { did: 'later' | 'never'; because: string };

export interface SchedulerOptions {
  /** Of this host. */
  name: string;
  tasks: readonly Task[];
  /** Keys of who leads, and of what is known. */
  keys: { leader: string; known: string };
  store: Store;
  /** Asks for a task. Twice for the same time begins nothing twice. @throws Error where nobody answers */
  run(name: string, dueMs: number): Promise<Answer>;
  /** Milliseconds since the epoch. */
  now(): number;
  log(text: string): void;
}

/**
 * Has tasks run at their times. One on each quorum host; the one that leads does it, by a lease in etcd. What one has begun the next one
 * asks for again, when the first could not say that it had: whoever runs it knows.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  #said = '';

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Looks once. Never throws. @returns whether it leads */
  async look(): Promise<boolean> {
    try {
      const { store, keys, name } = this.#options;
      const term = await lead({ name, key: keys.leader, store, log: (text) => this.#say(text) });
      if (term === undefined) return false;
      await this.#work(term);
      return true;
    } catch (error) {
      this.#say(`${(error as Error).message}: it is tried again`);
      return false;
    }
  }

  async #work(term: number): Promise<void> {
    const { store, keys, tasks, run, now } = this.#options;
    const at = await store.read(keys.known);
    const before = parseKnown(at?.value);
    const { due, known } = dueTasks(tasks, before, now());
    let next: Known = known;
    for (const { name, dueMs } of due) {
      const answer = await run(name, dueMs).catch((error: Error): Answer => ({ did: 'later', because: error.message }));
      const what = `${name}, due ${new Date(dueMs).toISOString()}`;
      if (answer.did === 'begun') this.#say(`${what}: begun`);
      else this.#say(`${what}: ${answer.because}${answer.did === 'later' ? '; it is asked again' : ''}`);
      if (answer.did !== 'later') next = handledUpTo(next, name, dueMs);
    }
    if (JSON.stringify(next) === JSON.stringify(before)) return;
    // Only while nobody else leads: an older word would undo a newer one.
    const unchanged = { key: keys.leader, revision: term };
    await store.write(keys.known, JSON.stringify(next), at?.revision ?? 0, unchanged);
  }

  /** The same each few seconds would be no news. */
  #say(text: string): void {
    if (text !== this.#said) this.#options.log(text);
    this.#said = text;
  }
}
