import {
  type BackendStatus,
  type Cloud,
  type Comparison,
  type FaultRequest,
  type Fleet,
  type HostAccess,
  type HostDefinition,
  type HostUsage,
  STOP_TIMEOUT_MS,
  type Tasks,
} from '@sbmcrm/cloud';
import type { PlatformEvent } from './events.ts';
import type { FaultInjector } from './faults/injector.ts';
import { FAULT_KINDS } from './faults/registry.ts';
import { LocalFleet } from './fleet/fleet.ts';
import type { HostManager } from './host/manager.ts';
import type { StatePaths } from './state.ts';

/** Places behind the load balancers, as the provider is given them. */
export interface Backends {
  attach(name: string, address: string, port: number): Promise<void>;
  /** Like `attach`, of one that starts: it gets requests once it says that it takes them. */
  join(name: string, address: string, port: number): Promise<void>;
  drain(name: string): Promise<void>;
  detach(name: string): Promise<void>;
  /** Like `detach`, also when there is no such backend. */
  forget(name: string): Promise<void>;
  list(): Promise<BackendStatus[]>;
  /** Holds load balancers to the list from now on. */
  start(): void;
  close(): void;
}

type Note = (event: Omit<PlatformEvent, 'at'>) => void;

/** The cloud on this machine, as its daemon has it. What one part does to another's is joined here. */
export class LocalProvider implements Cloud {
  readonly kinds = FAULT_KINDS;
  readonly access: HostAccess = {
    readDisk: async (host, path) => (await this.#hosts.readDisk(host, path)) ?? null,
    usage: async () => this.#usage(),
    drilledAtMs: () => this.#drilledAtMs(),
  };
  readonly tasks: Tasks = {
    list: () => this.#tasks.list(),
    run: (name, due) => this.#runTask(name, due),
  };
  readonly fleet: Fleet;
  readonly #hosts: HostManager;
  readonly #faults: FaultInjector;
  readonly #backends: Backends;
  readonly #usage: () => HostUsage[];
  readonly #drilledAtMs: () => number;
  readonly #tasks: Tasks;
  readonly #note: Note;

  /**
   * @param setting.usage what every running host has used so far
   * @param setting.note keeps what happened
   */
  constructor(setting: {
    hosts: HostManager;
    faults: FaultInjector;
    backends: Backends;
    usage: () => HostUsage[];
    drilledAtMs: () => number;
    tasks: Tasks;
    note: Note;
    paths: StatePaths;
  }) {
    this.#note = setting.note;
    this.#tasks = setting.tasks;
    this.#usage = setting.usage;
    this.#drilledAtMs = setting.drilledAtMs;
    this.#hosts = setting.hosts;
    this.#faults = setting.faults;
    this.#backends = setting.backends;
    this.fleet = new LocalFleet(setting.paths, {
      hosts: () => this.listHosts(),
      backends: () => this.#backends.list(),
      usage: this.#usage,
      startedAtMs: (host) => this.#hosts.reader.startedAtMs(host),
      make: async (definition) => {
        await this.#hosts.renew(definition);
        await this.#faults.hostDeleted(definition.name);
        await this.#hosts.start(definition.name);
      },
      join: (name, address, port) => this.#backends.join(name, address, port),
      drain: (name) => this.#backends.drain(name),
      end: (name, timeoutMs) => this.#hosts.endServices(name, timeoutMs),
      forget: (name) => this.deleteHost(name),
      lostZones: () => this.#faults.lostZones(),
      note: this.#note,
    });
  }

  async createHost(definition: HostDefinition): Promise<{ created: boolean; changed: string[] }> {
    const answer = await this.#hosts.create(definition);
    await this.#faults.coverHosts();
    return answer;
  }
  async compareHost(definition: HostDefinition): Promise<Comparison> {
    return this.#hosts.reader.compare(definition);
  }
  async startHost(name: string, { fence }: { fence?: string | undefined } = {}): Promise<void> {
    await this.#hosts.start(name, fence);
    if (fence !== undefined)
      this.#note({ kind: 'fence', host: name, by: fence, text: `the fence of ${name} is lifted` });
  }
  stopHost(name: string, { timeoutMs = STOP_TIMEOUT_MS }: { timeoutMs?: number } = {}): Promise<void> {
    return this.#hosts.stop(name, timeoutMs);
  }
  async deleteHost(name: string): Promise<void> {
    // First: killed in between, no load balancer has a server that there is not.
    await this.#backends.forget(name);
    await this.#hosts.delete(name);
    await this.#faults.hostDeleted(name);
  }
  async fence(name: string, token: string): Promise<{ confirmedAt: string }> {
    const confirmed = await this.#hosts.fence(name, token);
    this.#note({ kind: 'fence', host: name, by: token, text: `${name} is fenced: nothing of it runs` });
    return confirmed;
  }
  hostState(name: string) {
    return this.#hosts.status(name, this.#faults.isolatedHosts());
  }
  listHosts() {
    return this.#hosts.statuses(this.#faults.isolatedHosts());
  }
  startService(host: string, service: string): Promise<void> {
    return this.#hosts.startService(host, service);
  }
  refreshService(host: string, service: string): Promise<void> {
    return this.#hosts.refreshService(host, service);
  }
  attachBackend(name: string, address: string, port: number): Promise<void> {
    return this.#backends.attach(name, address, port);
  }
  drainBackend(name: string): Promise<void> {
    return this.#backends.drain(name);
  }
  detachBackend(name: string): Promise<void> {
    return this.#backends.detach(name);
  }
  listBackends() {
    return this.#backends.list();
  }
  async injectFaults(faults: readonly FaultRequest[]) {
    const injected = await this.#faults.inject(faults);
    for (const { id, kind, target, until } of injected) {
      const end = until === undefined ? '' : ` until ${until}`;
      this.#note({ kind: 'fault', by: `fault ${id}`, text: `injected: ${kind} ${target}${end}` });
    }
    return injected;
  }
  async clearFault(id: string): Promise<void> {
    await this.#faults.clear(id);
    this.#note({ kind: 'fault', by: `fault ${id}`, text: 'cleared' });
  }
  async #runTask(name: string, due: string) {
    const before = (await this.#tasks.list()).find((each) => each.name === name)?.due;
    const status = await this.#tasks.run(name, due);
    if (status !== null && status.due !== before)
      this.#note({ kind: 'task', name, by: 'the schedule', text: `${name} begins, due ${due}` });
    return status;
  }
  async listFaults() {
    return this.#faults.list();
  }
}
