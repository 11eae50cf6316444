import { dueTasks, handledUpTo, type Known, parseKnown, type Task } from './due.ts';

/** The calls of etcd that it needs, see `EtcdClient`. */
export interface Store {
  read(key: string): Promise<{ value: string; revision: number; lease: string } | undefined>;
  writeLeased(key: string, value: string, revision: number, leaseS: number): Promise<boolean>;
  write(key: string, value: string, revision: number, unchanged: { key: string; revision: number }): Promise<boolean>;
  keepAlive(lease: string): Promise<boolean>;
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

/** Who leads and says nothing for so long leads no more. Longer than etcd takes to find a new leader of its own. */
export const LEASE_S = 15;

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
      const term = await this.#lead();
      if (term === undefined) return false;
      await this.#work(term);
      return true;
    } catch (error) {
      this.#say(`${(error as Error).message}: it is tried again`);
      return false;
    }
  }

  /** @returns the revision of the leader's key while this one leads */
  async #lead(): Promise<number | undefined> {
    const { store, keys, name } = this.#options;
    const at = await store.read(keys.leader);
    if (at === undefined) {
      if (!(await store.writeLeased(keys.leader, name, 0, LEASE_S))) return undefined;
      this.#say('leads from now on');
      return (await store.read(keys.leader))?.revision;
    }
    if (at.value !== name || !(await store.keepAlive(at.lease))) return undefined;
    return at.revision;
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
