import type { HostAccess } from '../access.ts';
import type { Cloud } from '../cloud.ts';
import { CloudError } from '../error.ts';
import type { Fault, FaultRequest } from '../faults/fault.ts';
import type { Comparison, Fence, HostDefinition, HostService, HostState, HostStatus } from '../hosts.ts';
import type { BackendStatus } from '../targets.ts';
import { SimulatedFaults } from './faults.ts';
import { SIMULATED_KINDS } from './kinds.ts';
import type { SimulatedHost, SimulatedWorld } from './world.ts';

/**
 * A provider in memory, with a clock of its own: for plans and controllers that are tried out a thousand times. Everything is done at
 * once; servers behind its load balancers are healthy while their host runs.
 */
export class SimulatedCloud implements Cloud {
  readonly kinds = SIMULATED_KINDS;
  readonly access: HostAccess = {};
  protected readonly world: SimulatedWorld;
  protected readonly faults: SimulatedFaults;

  /** @param world what it works on, and what another cloud may have left */
  constructor(world: SimulatedWorld) {
    this.world = world;
    this.faults = new SimulatedFaults(world);
  }

  /** It dies: nothing is counted any more, and all else stays. */
  close(): void {
    this.faults.close();
  }

  async createHost(definition: HostDefinition): Promise<{ created: boolean; changed: string[] }> {
    const { isKnown, changed } = await this.compareHost(definition);
    const before = this.world.hosts.get(definition.name);
    if (before) before.definition = definition;
    else {
      const services: SimulatedHost['services'] = new Map();
      this.world.hosts.set(definition.name, {
        definition,
        initPid: null,
        isFrozen: false,
        wasStarted: false,
        diskFailed: false,
        services,
        fences: [],
        isFenced: false,
      });
    }
    return { created: !isKnown, changed };
  }

  async compareHost(definition: HostDefinition): Promise<Comparison> {
    const before = this.world.hosts.get(definition.name);
    const changed = definition.services.filter((service) => {
      const runs = before?.services.get(service.name);
      return runs !== undefined && runs.applied !== JSON.stringify(service);
    });
    return {
      isKnown: before !== undefined,
      isNew: before?.wasStarted !== true,
      isOther: JSON.stringify(before?.definition) !== JSON.stringify(definition),
      changed: changed.map(({ name }) => name),
      reloads: changed
        .filter((each) => takesOver(before?.services.get(each.name)?.applied, each))
        .map(({ name }) => name),
      mustRestart:
        before !== undefined &&
        before.services.size > 0 &&
        [...before.services.keys()].sort().join() !==
          definition.services
            .map(({ name }) => name)
            .sort()
            .join(),
    };
  }

  async startHost(name: string, { fence }: { fence?: string | undefined } = {}): Promise<void> {
    const host = this.host(name);
    if (host.isFenced && host.fences.at(-1)?.token !== fence) throw new CloudError('FENCED', `host ${name} is fenced`);
    const wasOff = host.initPid === null;
    this.world.powerOn(host);
    if (wasOff) this.faults.hostStarted(name);
  }

  async stopHost(name: string): Promise<void> {
    this.world.powerOff(this.host(name));
  }

  async deleteHost(name: string): Promise<void> {
    this.world.powerOff(this.host(name));
    this.world.hosts.delete(name);
    this.world.backends.delete(name);
    this.faults.hostDeleted(name);
  }

  async fence(name: string, token: string): Promise<{ confirmedAt: string }> {
    const host = this.host(name);
    const known = host.fences.find((fence) => fence.token === token);
    if (known) return { confirmedAt: known.confirmedAt };
    this.world.powerOff(host);
    const confirmedAt = this.world.clock.iso();
    host.fences.push({ token, confirmedAt });
    host.isFenced = true;
    return { confirmedAt };
  }

  async hostState(name: string): Promise<HostStatus> {
    return this.#status(this.host(name));
  }

  async listHosts(): Promise<HostStatus[]> {
    const names = [...this.world.hosts.keys()].sort();
    return names.map((name) => this.#status(this.host(name)));
  }

  async startService(name: string, service: string): Promise<void> {
    const found = this.#service(name, service);
    found.isHeldDown = false;
    found.pid ??= this.world.pid();
  }

  async refreshService(name: string, service: string): Promise<void> {
    const found = this.#service(name, service);
    const wanted = this.host(name).definition.services.find((each) => each.name === service);
    if (!wanted || !takesOver(found.applied, wanted)) found.pid = this.world.pid();
    found.applied = JSON.stringify(wanted);
  }

  async attachBackend(name: string, address: string, port: number): Promise<void> {
    this.world.backends.set(name, { address, port, isDraining: false });
  }

  async drainBackend(name: string): Promise<void> {
    this.#backend(name).isDraining = true;
  }

  async detachBackend(name: string): Promise<void> {
    this.#backend(name);
    this.world.backends.delete(name);
  }

  async listBackends(): Promise<BackendStatus[]> {
    return [...this.world.backends].map(([name, { isDraining }]) => {
      const host = this.world.hosts.get(name);
      const isThere = host !== undefined && this.#stateOf(host) === 'running';
      return { name, state: isDraining ? 'draining' : isThere ? 'healthy' : 'unhealthy', seenBy: {} };
    });
  }

  async injectFaults(faults: readonly FaultRequest[]): Promise<Fault[]> {
    return this.faults.inject(faults);
  }

  async clearFault(id: string): Promise<void> {
    this.faults.clear(id);
  }

  async listFaults(): Promise<Fault[]> {
    return [...this.world.faults];
  }

  /** @throws CloudError UNKNOWN_HOST */
  protected host(name: string): SimulatedHost {
    const host = this.world.hosts.get(name);
    if (host) return host;
    throw new CloudError('UNKNOWN_HOST', `no host is called "${name}"`);
  }

  #service(name: string, service: string) {
    const host = this.host(name);
    const found = host.services.get(service);
    if (!host.definition.services.some((each) => each.name === service))
      throw new CloudError('UNKNOWN_SERVICE', `host ${name} has no service "${service}"`);
    if (!found || host.initPid === null) throw new CloudError('NOT_RUNNING', `host ${name} is not running`);
    return found;
  }

  #backend(name: string) {
    const backend = this.world.backends.get(name);
    if (backend) return backend;
    throw new CloudError('UNKNOWN_BACKEND', `no backend is called "${name}"`);
  }

  #stateOf(host: SimulatedHost): HostState {
    if (host.initPid === null) return host.isFenced ? 'fenced' : 'stopped';
    if (host.isFrozen) return 'paused';
    return this.faults.isIsolated(host.definition.name) ? 'isolated' : 'running';
  }

  #status(host: SimulatedHost): HostStatus {
    const { name, region, zone, address, managementAddress, services } = host.definition;
    return {
      name,
      region,
      zone,
      address,
      managementAddress,
      addresses: host.initPid === null ? [] : [address],
      state: this.#stateOf(host),
      ...(host.isFenced ? { fence: host.fences.at(-1) as Fence } : {}),
      services: services.map((service) => {
        const pid = host.services.get(service.name)?.pid ?? null;
        return { name: service.name, state: pid === null ? 'down' : 'up', pid };
      }),
      diskFailed: host.diskFailed,
      initPid: host.initPid,
    };
  }
}

/** Whether a service goes on while it takes over what changed. @param applied what it runs with */
function takesOver(applied: string | undefined, wanted: HostService): boolean {
  if (wanted.reload !== undefined) return true;
  return wanted.live !== undefined && applied !== undefined && withoutLive(JSON.parse(applied)) === withoutLive(wanted);
}

function withoutLive(service: HostService): string {
  const files = service.files.map((file) =>
    service.live?.files.includes(file.path) ? { ...file, content: '' } : file,
  );
  return JSON.stringify({ ...service, files });
}
