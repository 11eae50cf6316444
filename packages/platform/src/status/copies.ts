import { ASIDE_FILE, type CopyAside, parseCopies } from '@sbmcrm/engines';
import type { Platform } from '../opened.ts';

/** What a database host put aside before it followed another primary. */
export interface HostCopy extends CopyAside {
  host: string;
}

/** A disk is read by a process of its own, and copies come and go with failovers only. */
const READ_EVERY_MS = 30_000;

/** Copies on the disks of the database's hosts, as they were half a minute ago at most. */
export class CopiesAside {
  readonly #platform: Pick<Platform, 'cloud' | 'spec' | 'topology'>;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #copies: HostCopy[] = [];

  constructor(platform: Pick<Platform, 'cloud' | 'spec' | 'topology'>) {
    this.#platform = platform;
  }

  /** What could not be read is left out. */
  async get(): Promise<HostCopy[]> {
    const { cloud, spec, topology } = this.#platform;
    // A synchronous standby has every acknowledged write: nothing is put aside.
    if (spec.database.replicationMode === 'sync' || performance.now() - this.#readAtMs < READ_EVERY_MS) {
      return this.#copies;
    }
    this.#readAtMs = performance.now();
    const hosts = topology.hosts.filter(({ role }) => role === 'database').map(({ name }) => name);
    const read = hosts.map(async (host) => {
      const text = (await cloud.access.readDisk?.(host, ASIDE_FILE).catch(() => null)) ?? null;
      return parseCopies(text).map((copy): HostCopy => ({ host, ...copy }));
    });
    this.#copies = (await Promise.all(read)).flat();
    return this.#copies;
  }
}
