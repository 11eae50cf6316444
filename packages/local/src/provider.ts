import {
  type BackendStatus,
  type Cloud,
  type Comparison,
  type FaultRequest,
  type HostAccess,
  type HostDefinition,
  type HostUsage,
  STOP_TIMEOUT_MS,
} from '@sbmcrm/cloud';
import type { FaultInjector } from './faults/injector.ts';
import { FAULT_KINDS } from './faults/registry.ts';
import type { HostManager } from './host/manager.ts';

/** Places behind the load balancers, as the provider is given them. */
export interface Backends {
  attach(name: string, address: string, port: number): Promise<void>;
  drain(name: string): Promise<void>;
  detach(name: string): Promise<void>;
  /** Like `detach`, also when there is no such backend. */
  forget(name: string): Promise<void>;
  list(): Promise<BackendStatus[]>;
  /** Holds load balancers to the list from now on. */
  start(): void;
  close(): void;
}

/** The cloud on this machine, as its daemon has it. What one part does to another's is joined here. */
export class LocalProvider implements Cloud {
  readonly kinds = FAULT_KINDS;
  readonly access: HostAccess = {
    readDisk: async (host, path) => (await this.#hosts.readDisk(host, path)) ?? null,
    usage: async () => this.#usage(),
  };
  readonly #hosts: HostManager;
  readonly #faults: FaultInjector;
  readonly #backends: Backends;
  readonly #usage: () => HostUsage[];

  /** @param setting.usage what every running host has used so far */
  constructor(setting: { hosts: HostManager; faults: FaultInjector; backends: Backends; usage: () => HostUsage[] }) {
    this.#usage = setting.usage;
    this.#hosts = setting.hosts;
    this.#faults = setting.faults;
    this.#backends = setting.backends;
  }

  async createHost(definition: HostDefinition): Promise<{ created: boolean; changed: string[] }> {
    const answer = await this.#hosts.create(definition);
    await this.#faults.coverHosts();
    return answer;
  }
  async compareHost(definition: HostDefinition): Promise<Comparison> {
    return this.#hosts.reader.compare(definition);
  }
  startHost(name: string, { fence }: { fence?: string | undefined } = {}): Promise<void> {
    return this.#hosts.start(name, fence);
  }
  stopHost(name: string, { timeoutMs = STOP_TIMEOUT_MS }: { timeoutMs?: number } = {}): Promise<void> {
    return this.#hosts.stop(name, timeoutMs);
  }
  async deleteHost(name: string): Promise<void> {
    await this.#hosts.delete(name);
    await this.#backends.forget(name);
    await this.#faults.hostDeleted(name);
  }
  fence(name: string, token: string): Promise<{ confirmedAt: string }> {
    return this.#hosts.fence(name, token);
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
  injectFaults(faults: readonly FaultRequest[]) {
    return this.#faults.inject(faults);
  }
  clearFault(id: string): Promise<void> {
    return this.#faults.clear(id);
  }
  async listFaults() {
    return this.#faults.list();
  }
}
