import { rmSync } from 'node:fs';
import { CloudError, type HostDefinition, type HostService, type HostStatus } from '@sbmcrm/cloud';
import type { NetworkPlan } from '@sbmcrm/topology';
import type { Image } from '../image.ts';
import { rotate, writeJson } from '../machine/files.ts';
import { waitUntil } from '../machine/process.ts';
import { Turns } from '../machine/turns.ts';
import { cutDataLinks, raiseDataLink } from '../network.ts';
import type { StatePaths } from '../state.ts';
import {
  checkDisk,
  type DiskKind,
  ensureDisk,
  existingDisk,
  readFromDisk,
  releaseDisks,
  runOnDisk,
  shiftDisk,
} from './disk.ts';
import { growDisk } from './disk-size.ts';
import { endInTurn, endTogether } from './ending.ts';
import { damagedFiles, shiftLogs, writeHostFiles } from './files.ts';
import { ID_BASE } from './limits/ids.ts';
import { weighHost } from './limits/weight.ts';
import { writeBundle } from './oci/bundle.ts';
import { HostReader } from './reader.ts';
import { digest, HostRecords, isStored, withoutFence } from './records.ts';
import { refresh } from './refresh.ts';
import type { Runtime } from './runtime.ts';

/** Until runsvdir has looked at every service of a new host: it does so every five seconds. */
const SUPERVISOR_TIMEOUT_MS = 8000;

/** Past this a host's console begins anew at its next start. */
const CONSOLE_BYTES = 1_000_000;

/** Creates, starts, stops and fences the hosts of one platform. One operation at a time on each host. */
export class HostManager {
  readonly #plan: NetworkPlan;
  readonly #paths: StatePaths;
  readonly #image: Image;
  readonly #codeRoot: string;
  readonly runtime: Runtime;
  readonly #records: HostRecords;
  readonly reader: HostReader;
  readonly #turns = new Turns();
  /** Told of every host that was started, before anything else happens to it. */
  onStarted: (name: string) => void = () => {};

  constructor(setting: { plan: NetworkPlan; paths: StatePaths; image: Image; codeRoot: string; runtime: Runtime }) {
    this.#plan = setting.plan;
    this.#paths = setting.paths;
    this.#image = setting.image;
    this.#codeRoot = setting.codeRoot;
    this.runtime = setting.runtime;
    this.#records = new HostRecords(setting.paths);
    this.reader = new HostReader(setting.paths, setting.runtime, setting.codeRoot);
  }

  /** Runs `operation` after every earlier one on the same host. */
  exclusively<T>(host: string, operation: () => Promise<T>): Promise<T> {
    return this.#turns.take(host, operation);
  }

  /** The stored definition. @throws CloudError 404 UNKNOWN_HOST */
  definition(name: string): HostDefinition {
    return this.#records.definition(name);
  }

  /** Every stored definition. */
  definitions(): HostDefinition[] {
    return this.#records.definitions();
  }

  /** Stores a definition and writes its files. @returns the services that run with another configuration */
  async create(definition: HostDefinition): Promise<{ created: boolean; changed: string[] }> {
    return this.exclusively(definition.name, async () => {
      const { name, size } = definition;
      const before = this.#records.find(name);
      const { isKnown, isOther, changed } = this.reader.compare(definition);
      if (isOther) {
        const paths = this.#paths.host(name);
        // Who has read damaged files is to be told of the right ones, also when the command that asks for it is cut short.
        const { services } = before ? damagedFiles(before, paths) : { services: [] };
        const { applied = {}, ...record } = this.#records.record(name);
        const unknown = services.filter((service) => applied[service] !== undefined).map((service) => [service, '']);
        if (unknown.length > 0) {
          this.#records.writeRecord(name, { ...record, applied: { ...applied, ...Object.fromEntries(unknown) } });
        }
        this.#define(definition);
      }
      if (before && !isStored(before.size, size)) await this.#resize(definition);
      return { created: !isKnown, changed };
    });
  }

  #define(definition: HostDefinition): void {
    const paths = this.#paths.host(definition.name);
    writeHostFiles(definition, paths, this.#image.users);
    writeJson(paths.definition, definition, 0o600);
  }

  /** Gives a running host its new size. One that uses more memory than that just now gets it at its next start. */
  async #resize({ name, size }: HostDefinition): Promise<void> {
    if (!(await this.runtime.list()).has(name)) return;
    await this.runtime
      .resize(name, size)
      .then(() => weighHost(this.#plan, name, size, 1))
      .catch((error: Error) => console.error(`${name} keeps its size: ${error.message}`));
  }

  /** Starts a host that is not running. @param token lifts the fence of this name. @throws CloudError 409 FENCED */
  async start(name: string, token?: string): Promise<void> {
    return this.exclusively(name, async () => {
      const definition = this.definition(name);
      const { fence } = this.#records.record(name);
      if (fence && fence.token !== token) {
        throw new CloudError('FENCED', `host ${name} is fenced since ${fence.confirmedAt} (${fence.token})`);
      }
      const container = (await this.runtime.list()).get(name);
      if (container?.status === 'running' || container?.status === 'paused') {
        return raiseDataLink(this.#plan, definition.address);
      }
      // A host whose processes died leaves a stopped container; a confirmed empty start is the only safe one.
      await this.runtime.destroy(name);
      const paths = this.#paths.host(name);
      await checkDisk(paths);
      const isNew = existingDisk(paths) === undefined;
      const { kind: disk } = await ensureDisk(paths, definition.size.disk, this.#image.root);
      if (disk === 'image') await growDisk(paths.disk, definition.size.disk);
      if (!isNew && this.#records.record(name).idBase !== ID_BASE) {
        // From before hosts had user namespaces: all that is theirs becomes their users'.
        writeHostFiles(definition, paths, this.#image.users);
        shiftLogs(paths.log);
        await shiftDisk(paths, this.#image.root);
      }
      const sources = { plan: this.#plan, paths, image: this.#image, codeRoot: this.#codeRoot, disk };
      writeBundle(this.runtime.bundle(name), definition, sources);
      rotate(paths.console, CONSOLE_BYTES);
      // Before it runs: killed in between, nobody may take the fence for one that still holds it.
      if (fence) this.#records.writeRecord(name, withoutFence(this.#records.record(name)));
      await this.runtime.start(name, paths.console);
      const applied = Object.fromEntries(definition.services.map((each) => [each.name, digest(each)]));
      this.#records.writeRecord(name, {
        ...this.#records.record(name),
        applied,
        idBase: ID_BASE,
        startedAtMs: Date.now(),
      });
      this.onStarted(name);
    });
  }

  /** Ends a host's services, see {@link endInTurn}. The host runs on. */
  async endServices(name: string, timeoutMs: number): Promise<void> {
    return this.exclusively(name, async () => {
      const { services } = this.definition(name);
      const container = (await this.runtime.list()).get(name);
      if (container?.status !== 'running') return;
      await endInTurn(this.runtime, { name, pid: container.pid }, services, timeoutMs);
    });
  }

  /** Makes a host anew, whatever there was of it: nobody sees it gone in between. It is not started. */
  async renew(definition: HostDefinition): Promise<void> {
    const { name } = definition;
    return this.exclusively(name, async () => {
      if (this.#records.has(name)) await this.#forget(this.#records.find(name) ?? definition);
      this.#define(definition);
    });
  }

  /** Stops a host in good order within `timeoutMs`, then by force. */
  async stop(name: string, timeoutMs: number): Promise<void> {
    return this.exclusively(name, async () => {
      const definition = this.definition(name);
      const container = (await this.runtime.list()).get(name);
      if (container?.status === 'running' && timeoutMs > 0) {
        await endTogether(this.runtime, { name, pid: container.pid }, definition.services, timeoutMs);
      }
      await this.#kill(definition);
    });
  }

  /** Data link down, then every process killed, then the control group read back empty. */
  async #kill(definition: HostDefinition): Promise<void> {
    await cutDataLinks(this.#plan, [definition.address]);
    await this.runtime.destroy(definition.name);
  }

  /** Ends hosts as a power failure does, all of them in one stroke. */
  async powerOff(names: readonly string[]): Promise<void> {
    const definitions = names.map((name) => this.definition(name));
    const strike = async () => {
      const addresses = definitions.map((each) => each.address);
      await cutDataLinks(this.#plan, addresses);
      await Promise.all(definitions.map((each) => this.runtime.destroy(each.name)));
    };
    // The turn of every host is waited for before the first one falls.
    await names.reduceRight<() => Promise<void>>((next, name) => () => this.exclusively(name, next), strike)();
  }

  /** See `Cloud.fence`. */
  async fence(name: string, token: string): Promise<{ confirmedAt: string }> {
    const definition = this.definition(name);
    const known = this.#records.fence(name, token);
    if (known) return { confirmedAt: known.confirmedAt };
    // At once, without a turn: a start or stop under way finds the host gone and ends. The second kill, in turn, is confirmed.
    await this.#kill(definition).catch(() => {});
    return this.exclusively(name, async () => {
      // The same call, made twice at once.
      const same = this.#records.fence(name, token);
      if (same) return { confirmedAt: same.confirmedAt };
      await this.#kill(definition);
      const fence = { token, confirmedAt: new Date().toISOString() };
      this.#records.writeRecord(name, { ...withoutFence(this.#records.record(name)), fence });
      return { confirmedAt: fence.confirmedAt };
    });
  }

  /** Kills a host and removes it with its disk. */
  async delete(name: string): Promise<void> {
    return this.exclusively(name, async () => {
      await this.#forget(this.definition(name));
    });
  }

  async #forget(definition: HostDefinition): Promise<void> {
    await this.#kill(definition);
    const { root } = this.#paths.host(definition.name);
    await releaseDisks(root);
    rmSync(root, { recursive: true, force: true });
  }

  /** State of one host, also of one that is just being made. @param isolated names of hosts under an `isolate` fault */
  async status(name: string, isolated: ReadonlySet<string>): Promise<HostStatus> {
    return this.reader.status(name, (await this.runtime.list()).get(name), isolated);
  }

  /** See {@link HostReader.statuses}. */
  async statuses(isolated: ReadonlySet<string>): Promise<HostStatus[]> {
    return this.reader.statuses(isolated);
  }

  /** Starts a service that was stopped. */
  async startService(name: string, service: string): Promise<void> {
    return this.exclusively(name, async () => {
      this.#service(name, service);
      let failure: unknown;
      const up = () =>
        this.runtime.exec(name, ['sv', 'up', `/run/service/${service}`]).then(
          () => true,
          (error) => {
            failure = error;
            return false;
          },
        );
      // A host that has only just started has no supervisor for it yet.
      if (!(await waitUntil(up, SUPERVISOR_TIMEOUT_MS, 200))) throw failure;
    });
  }

  #service(name: string, service: string): HostService {
    const found = this.definition(name).services.find((each) => each.name === service);
    if (!found) throw new CloudError('UNKNOWN_SERVICE', `host ${name} has no service "${service}"`);
    return found;
  }

  /** Reloads or restarts one service so that it takes over its changed files. */
  async refreshService(name: string, service: string): Promise<void> {
    return this.exclusively(name, async () => {
      const wanted = this.#service(name, service);
      const record = this.#records.record(name);
      await refresh(this.runtime, name, wanted, record.applied?.[service]);
      this.#records.writeRecord(name, { ...record, applied: { ...record.applied, [service]: digest(wanted) } });
    });
  }

  /** What a host has for a disk, made now if it was never started. See {@link ensureDisk}. */
  async disk(name: string): Promise<{ kind: DiskKind; refusal?: string | undefined }> {
    const { size } = this.definition(name);
    return this.exclusively(name, () => ensureDisk(this.#paths.host(name), size.disk, this.#image.root));
  }

  /** Runs a script with the host's own disk at /data, whether the host runs or not. See {@link runOnDisk}. */
  async onDisk(name: string, script: string): Promise<void> {
    this.definition(name);
    await runOnDisk({ image: this.#paths.host(name).disk }, this.#image.root, script, []);
  }

  /** A small file from a host's disk, also of a stopped host; undefined if there is none. @param path below /data */
  async readDisk(name: string, path: string): Promise<string | undefined> {
    this.definition(name);
    return readFromDisk(this.#paths.host(name), this.#image.root, path);
  }
}
