import { etcdHosts, type Secrets } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import type { Platform } from '../opened.ts';
import type { Progress } from '../progress.ts';
import { observeAllMembers, observeCache, observeDatabase } from '../status/observe.ts';
import { repairData } from './act.ts';
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
/** Data that are of no use again after they came from the others: it is not the data. */
const MOST_REPAIRS = 2;

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
  /** By host and part: when the damage was said that was seen first. */
  readonly #saidAtMs = new Map<string, number>();
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
    // Said again: what said it once may have got over it.
    const certain = now.filter((damage) => this.#isSaidAgain(damage));
    if (certain.length > 0) throw new FoundDamage(certain);
    return waiting[0];
  }

  #isSaidAgain({ host, part, atMs }: Damage): boolean {
    const key = `${host}/${part}`;
    const first = this.#saidAtMs.get(key) ?? atMs;
    this.#saidAtMs.set(key, first);
    return atMs > first;
  }

  /** @throws ToolError in one line */
  async repair(damages: readonly Damage[]): Promise<void> {
    const caches = damages.filter(({ part }) => part === 'cache');
    if (caches.length === this.#platform.topology.hosts.filter(({ role }) => role === 'cache').length) {
      this.losses.push(`the cache begins empty: ${caches.map(damageText).join(', and ')}`);
    }
    for (const damage of damages) {
      const { host, part } = damage;
      if (this.done.filter((each) => each.host === host && each.part === part).length >= MOST_REPAIRS) {
        throw new ToolError('NOT_IN_TIME', `${damageText(damage)} — again, after it was repaired: look at its disk`);
      }
      this.#saidAtMs.delete(`${host}/${part}`);
      const repairing = { platform: this.#platform, secrets: this.#secrets, signal: this.#signal };
      await this.#progress.step(repairText(damage), (note) => repairData({ ...repairing, note }, damage));
      this.#repairedAtMs.set(host, Date.now());
      this.done.push(damage);
    }
  }
}
