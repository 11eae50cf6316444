import type { Fleet } from '@sbmcrm/cloud';
import { type Bounds, BY_LOAD, bySchedule, type Capacity, capacityOf, type Scheduled } from '@sbmcrm/spec/capacity';
import { type LeaseStore, lead } from '../lead/lead.ts';
import { type Action, decide, withoutZone } from './decide.ts';
import { type Memory, parseMemory } from './memory.ts';
import type { Policy } from './policy.ts';

/** The calls of etcd that it needs, see `EtcdClient`. */
export interface Store extends LeaseStore {
  write(key: string, value: string, revision: number, unchanged: { key: string; revision: number }): Promise<boolean>;
}

/** What it calls of the cloud. */
export type FleetCalls = Pick<Fleet, 'list' | 'launch' | 'drain' | 'terminate'>;

export interface ScalingOptions {
  /** Of this host. */
  name: string;
  policy: Policy;
  /** What the spec says at first. */
  spec: Bounds;
  /** What the spec wants from set times on; `of` tells it from others. */
  schedule: { of: string; entries: readonly Scheduled[] };
  /** Keys of who leads, of what is wanted, and of what is known. */
  keys: { leader: string; capacity: string; memory: string };
  store: Store;
  fleet: FleetCalls;
  /** Milliseconds since the epoch. */
  now(): number;
  log(text: string): void;
}

/**
 * Keeps as many instances as are wanted, and wants more or fewer with the load. One on each quorum host; the one that leads does it, by a
 * lease in etcd. What it knows is in etcd before it acts, and what there is it asks the cloud each time: another one goes on at any
 * moment.
 */
export class Scaling {
  readonly #options: ScalingOptions;
  #said = '';

  constructor(options: ScalingOptions) {
    this.#options = options;
  }

  /** Looks once. Never throws. @returns whether it leads */
  async look(): Promise<boolean> {
    const { store, keys, name } = this.#options;
    try {
      const term = await lead({ name, key: keys.leader, store, log: (text) => this.#say(text) });
      if (term === undefined) return false;
      await this.#work({ key: keys.leader, revision: term });
      return true;
    } catch (error) {
      this.#say(`${(error as Error).message}: it is tried again`);
      return false;
    }
  }

  async #work(term: { key: string; revision: number }): Promise<void> {
    const { store, keys, policy, spec, schedule, fleet, now } = this.#options;
    const [view, wanted, known] = await Promise.all([fleet.list(), store.read(keys.capacity), store.read(keys.memory)]);
    // No place: instances do not come and go any more, and this one will hear of that, too.
    if (view.places.length === 0) return;
    const before = capacityOf(wanted?.value, spec, now());
    const capacity = bySchedule(before, schedule, now());
    const memory = parseMemory(known?.value, now());
    const decision = decide(policy, capacity, memory, view, now());
    const { desired } = decision;
    const next: Capacity = desired ? { ...capacity, desired: desired.count, by: BY_LOAD, atMs: now() } : capacity;
    // Each only while nobody else leads, and only as what was read: somebody may just want something else, and then it is decided anew.
    if (!(await this.#keep(keys.capacity, next, wanted, term))) return;
    const kept = await this.#keep(keys.memory, decision.memory, known, term);
    if (!kept) return;
    if (capacity.atMs !== before.atMs) this.#options.log(`${capacity.desired} are desired: by the schedule`);
    if (desired) this.#options.log(`${desired.count} are desired: ${desired.why}`);
    const after = await this.#act(decision.actions, memory, decision.memory, term);
    if (after !== decision.memory) {
      const at = await store.read(keys.memory);
      await this.#keep(keys.memory, after, at, term);
    }
  }

  async #keep(
    key: string,
    value: Capacity | Memory,
    at: { value: string; revision: number } | undefined,
    term: { key: string; revision: number },
  ): Promise<boolean> {
    const text = JSON.stringify(value);
    return text === at?.value || this.#options.store.write(key, text, at?.revision ?? 0, term);
  }

  /** @returns what is known after that */
  async #act(
    actions: readonly Action[],
    before: Memory,
    decided: Memory,
    term: { key: string; revision: number },
  ): Promise<Memory> {
    const { fleet, store, now, log } = this.#options;
    const done: string[] = [];
    let memory = decided;
    for (const { do: what, name, zone, why } of actions) {
      // One that stood still meanwhile leads no more, and what it had decided is nobody's any more.
      if ((await store.read(term.key))?.revision !== term.revision) return memory;
      try {
        await fleet[what](name, why);
        log(`${what} ${name}: ${why}`);
        done.push(name);
      } catch (error) {
        const { code, message } = error as Error & { code?: string };
        this.#say(`${what} ${name}: ${message}`);
        if (code === 'FLEET_BUSY') return undone(before, memory, done);
        if (what === 'launch') memory = withoutZone(before, memory, zone, now());
      }
    }
    return memory;
  }

  /** The same each few seconds would be no news. */
  #say(text: string): void {
    if (text !== this.#said) this.#options.log(text);
    this.#said = text;
  }
}

/**
 * A command changes the platform: what was not done counts for nothing. Pure.
 *
 * @param done names of those of which it was
 */
function undone(before: Memory, memory: Memory, done: readonly string[]): Memory {
  const { launches, failed, changedAtMs } = before;
  const leaving = Object.fromEntries(
    Object.entries(memory.leaving).filter(([name]) => name in before.leaving || done.includes(name)),
  );
  return { ...memory, launches, failed, leaving, changedAtMs };
}
