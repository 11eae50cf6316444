import type { HostStatus } from '@sbmcrm/cloud';
import {
  CHECKSUM_SQL,
  DATABASE_AGENT,
  type DamagedPage,
  type DatabaseStatus,
  damagedPage,
  type Secrets,
  SLOTS_SQL,
  type Slot,
} from '@sbmcrm/engines';
import { askInside } from '../inside/database.ts';
import type { Platform } from '../opened.ts';
import { endOfLog } from '../repair/hosts.ts';

/** Neither changes from one second to the next. */
const READ_EVERY_MS = 15_000;

/** What servers of the database say of themselves, past Patroni. */
export interface Servers {
  /** Of the primary. */
  slots: Slot[];
  /** Servers that found pages with a wrong checksum, and the last one that their log names. */
  checksums: { host: string; failures: number; page?: DamagedPage | undefined }[];
}

/** What is asked of the servers themselves, as it was some seconds ago at most. */
export class ServersInside {
  readonly #platform: Pick<Platform, 'cloud'>;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #servers: Servers = { slots: [], checksums: [] };

  constructor(platform: Pick<Platform, 'cloud'>) {
    this.#platform = platform;
  }

  /** Those that do not run, or do not answer, are left out. */
  async get(hosts: readonly HostStatus[], database: DatabaseStatus, secrets: Secrets): Promise<Servers> {
    if (performance.now() - this.#readAtMs < READ_EVERY_MS) return this.#servers;
    this.#readAtMs = performance.now();
    const { access } = this.#platform.cloud;
    const ask = <T extends object>(name: string, sql: string) => {
      const host = hosts.find((each) => each.name === name);
      return host ? askInside<T>(access, host, secrets.postgresSuperuser, sql) : undefined;
    };
    const running = database.members.filter(({ state }) => state === 'running').map(({ name }) => name);
    const [slots, ...checksums] = await Promise.all([
      database.primary === null
        ? undefined
        : ask<Omit<Slot, 'heldBytes'> & { held: string }>(database.primary, SLOTS_SQL),
      ...running.map(async (host) => {
        const [row] = (await ask<{ failures: number }>(host, CHECKSUM_SQL)) ?? [];
        if (!row || row.failures === 0) return [];
        const lines = await endOfLog(this.#platform.cloud, host, DATABASE_AGENT);
        return [{ host, failures: row.failures, page: lines.flatMap(({ text }) => damagedPage(text) ?? []).at(-1) }];
      }),
    ]);
    this.#servers = {
      slots: (slots ?? []).map(({ held, ...slot }) => ({ ...slot, heldBytes: Number(held) })),
      checksums: checksums.flat(),
    };
    return this.#servers;
  }
}
