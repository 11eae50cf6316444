import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { CloudError, type Fence, type HostDefinition, type HostService } from '@sbmcrm/cloud';
import { readJson, writeJson } from '../machine/files.ts';
import { type StatePaths, storedHosts } from '../state.ts';

/** What is remembered of a host beside its definition. */
export interface HostRecord {
  /** Digest of what each service runs with, by service. */
  applied?: Record<string, string>;
  /** The fence that holds it down. */
  fence?: Fence;
  /** Those before, the newest last: their tokens do nothing any more. */
  pastFences?: Fence[];
  /** When it was started last, in milliseconds since the epoch. */
  startedAtMs?: number;
  /** The first id of the range that the disk's owners are in; missing: a disk from before there was one. */
  idBase?: number;
}

/** So many past fences are remembered. A caller tries again for minutes, not for months. */
const MOST_PAST = 50;

/** A record with its fence, if there is one, among the past ones. Pure. */
export function withoutFence({ fence, ...record }: HostRecord): HostRecord {
  return fence ? { ...record, pastFences: [...(record.pastFences ?? []), fence].slice(-MOST_PAST) } : record;
}

/** A definition may be from before hosts had a region and a size of disk; all disks were this large then, in bytes. */
type StoredDefinition = Omit<HostDefinition, 'region' | 'size'> & {
  region?: string;
  size: Omit<HostDefinition['size'], 'disk'> & { disk?: number };
};
const FIRST_DISK = 8 * 1024 ** 3;

const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** Of what a service runs with; what else is known of it changes nothing for it. What it takes over while it runs is apart, behind a dash. */
export function digest({ child: _child, ...service }: HostService): string {
  const { live, files } = service;
  if (!live) return hash(service);
  const isLive = ({ path }: { path: string }) => live.files.includes(path);
  const rest = files.map((file) => (isLive(file) ? { ...file, content: undefined } : file));
  return `${hash({ ...service, files: rest })}-${hash(files.filter(isLive).map(({ content }) => content))}`;
}

/** Whether two digests differ in nothing but what a service takes over while it runs. Pure. */
export function differLive(applied: string, wanted: string): boolean {
  const [rest, live] = wanted.split('-');
  return live !== undefined && applied.split('-')[0] === rest && applied !== wanted;
}

/** Whether a value is what was stored, whatever the order of its keys. Pure. */
export function isStored(stored: unknown, value: unknown): boolean {
  // What is undefined is not stored.
  return stored !== undefined && isDeepStrictEqual(stored, JSON.parse(JSON.stringify(value)));
}

/** Whether a host was started with other services than these. Pure. @param started none: it never was */
export function startsOther(started: readonly string[], wanted: readonly string[]): boolean {
  return started.length > 0 && [...started].sort().join() !== [...wanted].sort().join();
}

/** What the state folder holds of hosts. */
export class HostRecords {
  readonly #paths: StatePaths;

  constructor(paths: StatePaths) {
    this.#paths = paths;
  }

  has(name: string): boolean {
    return storedHosts(this.#paths).includes(name);
  }

  /** The stored definition. @throws CloudError 404 UNKNOWN_HOST */
  definition(name: string): HostDefinition {
    const definition = this.find(name);
    if (!definition) {
      throw new CloudError(
        'UNKNOWN_HOST',
        `no host is called "${name}" (there are: ${storedHosts(this.#paths).join(', ')})`,
      );
    }
    return definition;
  }

  /** Every stored definition. */
  definitions(): HostDefinition[] {
    return storedHosts(this.#paths)
      .map((name) => this.find(name))
      .filter((definition) => definition !== undefined);
  }

  find(name: string): HostDefinition | undefined {
    const stored = this.has(name) ? readJson<StoredDefinition>(this.#paths.host(name).definition) : undefined;
    return stored && { region: 'primary', ...stored, size: { disk: FIRST_DISK, ...stored.size } };
  }

  record(name: string): HostRecord {
    return readJson<HostRecord>(this.#paths.host(name).record) ?? {};
  }

  /** A fence of a host by its token, also one that is over. */
  fence(name: string, token: string): Fence | undefined {
    const { fence, pastFences = [] } = this.record(name);
    return fence?.token === token ? fence : pastFences.find((each) => each.token === token);
  }

  writeRecord(name: string, record: HostRecord): void {
    writeJson(this.#paths.host(name).record, record);
  }
}
