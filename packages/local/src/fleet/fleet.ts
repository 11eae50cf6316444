import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type BackendStatus,
  CloudError,
  type Fleet,
  type FleetPlace,
  type FleetView,
  type HostDefinition,
  type HostStatus,
  type HostUsage,
  type PlaceDefinition,
} from '@sbmcrm/cloud';
import type { PlatformEvent } from '../events.ts';
import { isStored } from '../host/records.ts';
import { readJson, writeJson } from '../machine/files.ts';
import { Turns } from '../machine/turns.ts';
import { lockHolder, type StatePaths } from '../state.ts';

/** Commands that change hosts themselves. A drill only breaks some, and what heals it is part of what it shows. */
const CHANGING = ['up', 'down', 'rotate', 'repair'];
/** What an instance may take to answer what it was asked: a little more than a request waits for a database. */
const END_MS = 45_000;

/** What a fleet needs of the rest of its provider. */
export interface FleetTools {
  hosts(): Promise<HostStatus[]>;
  backends(): Promise<BackendStatus[]>;
  usage(): HostUsage[];
  /** When a host was started last, in milliseconds since the epoch. */
  startedAtMs(host: string): number | null;
  /** Makes a host anew, whatever there was of it, and starts it. */
  make(definition: HostDefinition): Promise<void>;
  /** Puts a host behind the load balancers; it gets requests once it says that it takes them. */
  join(name: string, address: string, port: number): Promise<void>;
  drain(name: string): Promise<void>;
  /** Ends a host's services in good order, that one first that was defined last. */
  end(name: string, timeoutMs: number): Promise<void>;
  forget(name: string): Promise<void>;
  /** Zones of which everything was stopped, with what did it. */
  lostZones(): Map<string, string>;
  note(event: Omit<PlatformEvent, 'at'>): void;
}

/** Names of instances that are not wanted any more. */
export function retiredHosts(paths: Pick<StatePaths, 'retired'>): string[] {
  return readJson<string[]>(paths.retired) ?? [];
}

/** The fleet on this machine. Each place's definition is a file; all else is asked of hosts and load balancers. */
export class LocalFleet implements Fleet {
  readonly #paths: StatePaths;
  readonly #tools: FleetTools;
  /** One operation at a time on each place. */
  readonly #turns = new Turns();

  constructor(paths: StatePaths, tools: FleetTools) {
    this.#paths = paths;
    this.#tools = tools;
  }

  async define(place: PlaceDefinition): Promise<void> {
    const file = this.#file(place.host.name);
    if (isStored(readJson(file), place)) return;
    mkdirSync(this.#paths.fleet, { recursive: true, mode: 0o700 });
    writeJson(file, place, 0o600);
  }

  async undefine(name: string): Promise<void> {
    rmSync(this.#file(name), { force: true });
  }

  async list(): Promise<FleetView> {
    const [hosts, backends] = await Promise.all([this.#tools.hosts(), this.#tools.backends()]);
    const usage = this.#tools.usage();
    const places = this.#places().map((place): FleetPlace => {
      const { name, zone, address } = place.host;
      const host = hosts.find((each) => each.name === name);
      const backend = backends.find((each) => each.name === name);
      const used = host?.initPid == null ? undefined : usage.find((each) => each.name === name);
      return {
        name,
        zone,
        address,
        version: createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 16),
        state: host?.state ?? 'absent',
        startedAtMs: host?.initPid == null ? null : this.#tools.startedAtMs(name),
        backend: backend ? { state: backend.state, seenBy: backend.seenBy } : null,
        cpu: used ? { seconds: used.cpuSeconds, cpus: used.cpus } : null,
      };
    });
    return { atMs: Date.now(), places };
  }

  async launch(name: string, why: string): Promise<void> {
    const { host, port } = this.#place(name);
    const lost = this.#tools.lostZones().get(host.zone);
    if (lost !== undefined) throw new CloudError('NO_CAPACITY', `nothing starts in zone ${host.zone}: ${lost}`);
    await this.#turns.take(name, async () => {
      this.#assertFree();
      const runs = (await this.#tools.hosts()).some((each) => each.name === name && each.initPid !== null);
      if (!runs) {
        await this.#tools.make(host);
        this.#retire(retiredHosts(this.#paths).filter((each) => each !== name));
        this.#note(name, host.zone, `${name} is launched in zone ${host.zone}: ${why}`);
      }
      const isBehind = (await this.#tools.backends()).some((each) => each.name === name && each.state !== 'draining');
      if (!runs || !isBehind) await this.#tools.join(name, host.address, port);
    });
  }

  async drain(name: string, why: string): Promise<void> {
    const { zone } = this.#place(name).host;
    await this.#turns.take(name, async () => {
      this.#assertFree();
      await this.#tools.drain(name);
      this.#note(name, zone, `${name} is drained: ${why}`);
    });
  }

  async terminate(name: string, why: string): Promise<void> {
    const { zone } = this.#place(name).host;
    await this.#turns.take(name, async () => {
      this.#assertFree();
      if (!(await this.#tools.hosts()).some((each) => each.name === name)) return;
      // First: killed in between, the next one who is asked goes on, and `up` does not bring it back.
      this.#retire([...new Set([...retiredHosts(this.#paths), name])]);
      await this.#tools.end(name, END_MS);
      // It took a while: a command that began meanwhile starts its services again.
      this.#assertFree();
      await this.#tools.forget(name);
      this.#note(name, zone, `${name} is gone: ${why}`);
    });
  }

  #note(host: string, zone: string, text: string): void {
    this.#tools.note({ kind: 'scale', host, zone, by: 'auto-scaling', text });
  }

  #retire(names: readonly string[]): void {
    writeJson(this.#paths.retired, names);
  }

  #assertFree(): void {
    const holder = lockHolder(this.#paths);
    if (holder !== undefined && CHANGING.includes(holder.command))
      throw new CloudError('FLEET_BUSY', `\`sbmcrm ${holder.command}\` changes the platform`);
  }

  #file(name: string): string {
    return join(this.#paths.fleet, `${name}.json`);
  }

  #places(): PlaceDefinition[] {
    const { fleet } = this.#paths;
    if (!existsSync(fleet)) return [];
    return readdirSync(fleet)
      .filter((file) => file.endsWith('.json'))
      .sort()
      .flatMap((file) => readJson<PlaceDefinition>(this.#file(basename(file, '.json'))) ?? []);
  }

  /** @throws CloudError 404 UNKNOWN_PLACE */
  #place(name: string): PlaceDefinition {
    const place = this.#places().find(({ host }) => host.name === name);
    if (!place) throw new CloudError('UNKNOWN_PLACE', `the fleet has no place "${name}"`);
    return place;
  }
}
