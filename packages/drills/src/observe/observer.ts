import { clockMs } from '@sbmcrm/load';
import type { Looks, TakenWrite } from '../check/dual.ts';
import { type Inside, rootOf } from './inside.ts';
import type { Open, Target } from './target.ts';

/** How often each server is asked to take a write. */
const INTERVAL_MS = 100;
/** Looking for a host that is down costs the local cloud a process each time. */
const LOOK_AGAIN_MS = 500;

/** Tries a write on every host of a list ten times a second until it is stopped, and remembers what was taken. */
export class WriteObserver {
  readonly taken: TakenWrite[] = [];
  /** How far behind standbys were, in milliseconds. */
  readonly lags: { host: string; atMs: number; lagMs: number }[] = [];
  readonly #looks: Map<string, { times: number[]; errors: number }>;
  readonly #cloud: Inside;
  readonly #loops: Promise<void>[];
  #running = true;

  constructor(hosts: readonly string[], open: Open, cloud: Inside) {
    this.#cloud = cloud;
    this.#looks = new Map(hosts.map((host) => [host, { times: [], errors: 0 }]));
    this.#loops = hosts.map((host) => this.#watch(host, open));
  }

  /** The first write that another host than `before` took after `sinceMs`. */
  firstElsewhere(before: string | null, sinceMs: number): TakenWrite | undefined {
    return this.taken.find((write) => write.host !== before && write.startMs >= sinceMs);
  }

  /** How often each host answered. */
  looks(): Looks[] {
    return [...this.#looks].map(([host, { times, errors }]) => ({ host, times, errors }));
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#loops);
  }

  async #watch(host: string, open: Open): Promise<void> {
    while (this.#running) {
      let target: Target | undefined;
      let isThere = false;
      try {
        const root = await rootOf(this.#cloud, host);
        isThere = root !== undefined;
        if (root !== undefined) {
          target = await open(root, host);
          await this.#writeOn(host, target);
        }
      } catch {
        // frozen or starting, or gone meanwhile: it takes no writes as far as anybody can see
        const looks = this.#looks.get(host);
        if (isThere && looks) looks.errors++;
      } finally {
        target?.close();
      }
      if (this.#running) await pause(LOOK_AGAIN_MS);
    }
  }

  async #writeOn(host: string, target: Target): Promise<void> {
    while (this.#running) {
      const startMs = clockMs();
      const { taken, lagMs } = await target.write();
      const endMs = clockMs();
      this.#looks.get(host)?.times.push(endMs);
      if (taken) this.taken.push({ host, startMs, endMs, ...taken });
      if (lagMs !== undefined) this.lags.push({ host, atMs: endMs, lagMs });
      await pause(Math.max(0, INTERVAL_MS - (endMs - startMs)));
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
