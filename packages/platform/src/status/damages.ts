import type { Platform } from '../opened.ts';
import { type Damage, findDamage, type SeenMembers, suspectsOf } from '../repair/damage.ts';

/** A log is read by a process of its own, and a broken service says the same again and again. */
const READ_EVERY_MS = 5000;

/** Data that are of no use any more, as logs of unwell members said some seconds ago at most. */
export class Damages {
  readonly #platform: Platform;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #damages: Damage[] = [];

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  async get(seen: SeenMembers): Promise<Damage[]> {
    const suspects = suspectsOf(this.#platform, seen);
    if (performance.now() - this.#readAtMs >= READ_EVERY_MS && suspects.length > 0) {
      this.#readAtMs = performance.now();
      this.#damages = await findDamage(this.#platform, suspects);
    }
    // Whoever is well again is damaged no more.
    return this.#damages.filter(({ host, part }) => suspects.some((each) => each.host === host && each.part === part));
  }
}
