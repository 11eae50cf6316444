import type { CacheStatus, DatabaseStatus, Secrets } from '@sbmcrm/engines';
import { lookAtLogins, type RefusedLogins } from '../logins/look.ts';
import type { Platform } from '../opened.ts';

/** Nobody changes a password every second, and each look takes a login or two. */
const READ_EVERY_MS = 15_000;

/** Who cannot log in where, as it was some seconds ago at most. */
export class Logins {
  readonly #platform: Pick<Platform, 'cloud' | 'topology'>;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #logins: RefusedLogins = { roles: [], caches: [], voters: [] };

  constructor(platform: Pick<Platform, 'cloud' | 'topology'>) {
    this.#platform = platform;
  }

  async get({ primary }: DatabaseStatus, cache: CacheStatus, secrets: Secrets): Promise<RefusedLogins> {
    const { roles, caches, voters } = this.#logins;
    // What was found is looked at each time: it is over at once when somebody has set it back.
    const isDue =
      roles.length + caches.length + voters.length > 0 || performance.now() - this.#readAtMs >= READ_EVERY_MS;
    if (isDue) {
      this.#readAtMs = performance.now();
      this.#logins = await lookAtLogins(this.#platform, secrets, { primary, cache });
    }
    return this.#logins;
  }
}
