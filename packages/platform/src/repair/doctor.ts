import { etcdHosts, type Secrets } from '@sbmcrm/engines';
import type { Platform } from '../opened.ts';
import type { Progress } from '../progress.ts';
import { observeAllMembers, observeCache, observeDatabase } from '../status/observe.ts';
import { repairData } from './act.ts';
import { Certain } from './certain.ts';
import { type Damage, findDamage, type SeenMembers, suspectsOf } from './damage.ts';
import { damageText, decideRepairs, repairText } from './decide.ts';

/** Thrown where something waits for what never comes by itself. */
export class FoundDamage extends Error {
  readonly damages: readonly Damage[];
  constructor(damages: readonly Damage[]) {
    super(damages.map(damageText).join('; '));
    this.damages = damages;
  }
}

const LOOK_EVERY_MS = 2000;

/** What is known of all that has data. */
export async function lookAtMembers(platform: Platform, secrets: Secrets): Promise<SeenMembers> {
  const [hosts, membersUp, database, cache] = await Promise.all([
    platform.cloud.listHosts(),
    observeAllMembers(platform),
    observeDatabase(platform),
    observeCache(platform, secrets),
  ]);
  return { hosts, membersUp, database, cache };
}

/** Finds damaged data while somebody waits for their hosts, and repairs them, one after the other. */
export class Doctor {
  readonly #platform: Platform;
  readonly #secrets: Secrets;
  readonly #excused: ReadonlySet<string>;
  readonly #progress: Progress;
  readonly #signal: AbortSignal | undefined;
  /** By host: what its logs said before it was repaired counts for nothing. */
  readonly #repairedAtMs = new Map<string, number>();
  readonly #certain = new Certain();
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** What was repaired, in order. */
  readonly done: Damage[] = [];
  /** What is lost by it, in one line each. */
  readonly losses: string[] = [];

  constructor(setting: {
    platform: Platform;
    secrets: Secrets;
    excused: ReadonlySet<string>;
    progress: Progress;
    signal?: AbortSignal | undefined;
  }) {
    this.#platform = setting.platform;
    this.#secrets = setting.secrets;
    this.#excused = setting.excused;
    this.#progress = setting.progress;
    this.#signal = setting.signal;
  }

  /**
   * Looks whether data are damaged, every two seconds at most.
   *
   * @returns what cannot be repaired yet and why; undefined: nothing
   * @throws FoundDamage of what can be
   */
  async look(): Promise<string | undefined> {
    if (performance.now() - this.#lookedAt < LOOK_EVERY_MS) return undefined;
    this.#lookedAt = performance.now();
    const platform = this.#platform;
    const seen = await lookAtMembers(platform, this.#secrets);
    const damages = await findDamage(platform, suspectsOf(platform, seen, this.#excused), this.#repairedAtMs);
    const { now, waiting } = decideRepairs(damages, seen, etcdHosts(platform.topology).length);
    const certain = now.filter((damage) => this.#certain.isSaidAgain(damage));
    if (certain.length > 0) throw new FoundDamage(certain);
    return waiting[0];
  }

  /** @throws ToolError in one line */
  async repair(damages: readonly Damage[]): Promise<void> {
    const caches = damages.filter(({ part }) => part === 'cache');
    if (caches.length === this.#platform.topology.hosts.filter(({ role }) => role === 'cache').length) {
      this.losses.push(`the cache begins empty: ${caches.map(damageText).join(', and ')}`);
    }
    for (const damage of damages) {
      this.#certain.begin(damage);
      const repairing = { platform: this.#platform, secrets: this.#secrets, signal: this.#signal };
      await this.#progress.step(repairText(damage), (note) => repairData({ ...repairing, note }, damage));
      this.#repairedAtMs.set(damage.host, Date.now());
      this.done.push(damage);
    }
  }
}
