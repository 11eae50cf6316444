import type { HostStatus } from '@sbmcrm/cloud';
import type { Platform } from '../opened.ts';
import { endOfLog } from '../repair/hosts.ts';
import { lastWords } from '../repair/words.ts';

/** A log is read by a process of its own. */
const READ_EVERY_MS = 5000;
/** More than these say the same, or nobody reads them all. */
const MOST = 5;

/** Why services are down, in the words of their own logs of some seconds ago at most; by `HOST/SERVICE`. */
export class WordsOfServices {
  readonly #platform: Pick<Platform, 'cloud'>;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #words = new Map<string, string>();

  constructor(platform: Pick<Platform, 'cloud'>) {
    this.#platform = platform;
  }

  async get(hosts: readonly HostStatus[]): Promise<ReadonlyMap<string, string>> {
    const down = hosts
      .filter(({ state }) => state === 'running')
      .flatMap(({ name: host, services }) =>
        // What another service starts speaks in that one's log.
        services.filter((each) => each.state === 'down' && !each.startedBy).map(({ name }) => ({ host, name })),
      )
      .slice(0, MOST);
    if (down.length > 0 && performance.now() - this.#readAtMs >= READ_EVERY_MS) {
      this.#readAtMs = performance.now();
      const said = await Promise.all(
        down.map(async ({ host, name }) => {
          const words = lastWords(await endOfLog(this.#platform.cloud, host, name), Date.now());
          return words === undefined ? [] : [[`${host}/${name}`, words] as const];
        }),
      );
      this.#words = new Map(said.flat());
    }
    return this.#words;
  }
}
