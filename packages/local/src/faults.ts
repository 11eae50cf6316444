import { randomBytes } from 'node:crypto';
import type { NetworkPlan } from '@sbmcrm/topology';
import { CloudError, type Fault, type FaultRequest, type HostStatus } from './cloud.ts';
import type { HostManager } from './host/manager.ts';
import { serviceProcesses } from './host/processes.ts';
import { readJson, writeJson } from './machine/files.ts';
import { type Isolation, isolations } from './network.ts';
import type { StatePaths } from './state.ts';

/** Timers of Node count to 2^31 ms; a day is more than any drill needs. */
const MAX_FOR_MS = 24 * 3600 * 1000;
const RETRY_MS = 1000;

/**
 * Injects faults and takes them back. Those that last are on disk before they act, so that they can be cleared also
 * after a kill -9 of the daemon.
 */
export class FaultInjector {
  readonly #plan: NetworkPlan;
  readonly #hosts: HostManager;
  readonly #paths: StatePaths;
  /** Loads the firewall that the faults ask for. */
  readonly #applyFirewall: (faults: Fault[]) => Promise<void>;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #faults: Fault[];
  #turn: Promise<unknown> = Promise.resolve();
  /** The fault that is being injected: a start that ends meanwhile is not its end. */
  #injecting: Fault | undefined;

  constructor(setting: {
    plan: NetworkPlan;
    hosts: HostManager;
    paths: StatePaths;
    applyFirewall: (faults: Fault[]) => Promise<void>;
  }) {
    this.#plan = setting.plan;
    this.#hosts = setting.hosts;
    this.#paths = setting.paths;
    this.#applyFirewall = setting.applyFirewall;
    this.#faults = readJson<Fault[]>(this.#paths.faults) ?? [];
  }

  /** Takes up where an earlier daemon stopped: rules are loaded again, timers run on. */
  async resume(): Promise<void> {
    await this.#applyFirewall(this.#faults);
    for (const fault of this.#faults) this.#arm(fault);
  }

  list(): Fault[] {
    return [...this.#faults];
  }

  isolatedHosts(): Set<string> {
    return new Set(this.#faults.filter((fault) => fault.kind === 'isolate').map((fault) => fault.target));
  }

  /** @throws CloudError 400 or 404 for a fault that makes no sense */
  inject(request: FaultRequest): Promise<Fault> {
    return this.#inTurn(() => this.#inject(request));
  }

  /** Takes a fault back completely. @throws CloudError 404 UNKNOWN_FAULT */
  clear(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const fault = this.#faults.find((each) => each.id === id);
      if (!fault) throw new CloudError(404, 'UNKNOWN_FAULT', `no fault has the id "${id}" (see \`sbmcrm fault list\`)`);
      await this.#revert(
        fault,
        this.#faults.filter((each) => each !== fault),
      );
      this.#forget((each) => each === fault);
    });
  }

  /** A host was started: what was done to its processes ended with them. Isolation is the network's and stays. */
  hostStarted(name: string): void {
    const over = (fault: Fault) => fault.kind !== 'isolate' && fault !== this.#injecting;
    this.#forget((fault) => over(fault) && fault.target.split('/')[0] === name);
  }

  /** A host is gone, and its faults with it. */
  async hostDeleted(name: string): Promise<void> {
    this.#forget((fault) => fault.target.split('/')[0] === name);
    await this.#inTurn(() => this.#applyFirewall(this.#faults));
  }

  /** Timers must not keep a closing daemon alive. */
  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** One change of faults at a time: each loads a whole firewall, made from the list as it is then. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(change);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #inject(request: FaultRequest): Promise<Fault> {
    const { host, service } = this.#target(request);
    if (request.forMs !== undefined && (request.forMs <= 0 || request.forMs > MAX_FOR_MS)) {
      throw new CloudError(400, 'BAD_FAULT', `--for must lie between 1 ms and ${MAX_FOR_MS / 3600_000} h`);
    }
    const now = Date.now();
    const fault: Fault = {
      ...request,
      id: randomBytes(3).toString('hex'),
      since: new Date(now).toISOString(),
      ...(request.forMs === undefined ? {} : { until: new Date(now + request.forMs).toISOString() }),
    };
    // A kill without --for is over as soon as it is done: the supervisor starts the service again.
    const lasts = fault.kind !== 'kill' || fault.forMs !== undefined;
    this.#injecting = fault;
    if (lasts) this.#store([...this.#faults, fault]);
    try {
      await this.#apply(fault, host, service);
    } catch (error) {
      if (lasts) {
        const rest = this.#faults.filter((each) => each !== fault);
        await this.#revert(fault, rest).catch(() => {}); // half of it may have been done
        this.#forget((each) => each === fault);
      }
      throw error;
    } finally {
      this.#injecting = undefined;
    }
    if (lasts) this.#arm(fault);
    return fault;
  }

  #forget(over: (fault: Fault) => boolean): void {
    for (const fault of this.#faults.filter(over)) {
      clearTimeout(this.#timers.get(fault.id));
      this.#timers.delete(fault.id);
    }
    if (this.#faults.some(over)) this.#store(this.#faults.filter((fault) => !over(fault)));
  }

  #store(faults: Fault[]): void {
    this.#faults = faults;
    writeJson(this.#paths.faults, faults);
  }

  #arm(fault: Fault): void {
    if (!fault.until) return;
    const end = () => {
      this.clear(fault.id).catch(() => {
        const stillThere = this.#faults.some((each) => each.id === fault.id);
        if (stillThere) this.#timers.set(fault.id, setTimeout(end, RETRY_MS));
      });
    };
    this.#timers.set(fault.id, setTimeout(end, Math.max(0, Date.parse(fault.until) - Date.now())));
  }

  #target({ kind, target, direction }: FaultRequest): { host: string; service: string | undefined } {
    const [host = '', service, ...rest] = target.split('/');
    const definition = this.#hosts.definition(host);
    const wantsService = kind === 'kill';
    if (rest.length > 0 || (service !== undefined && kind !== 'kill' && kind !== 'pause')) {
      throw new CloudError(400, 'BAD_FAULT', `fault ${kind} takes a host, not "${target}"`);
    }
    const services = definition.services.map((each) => each.name);
    if (services.includes('patroni')) services.push('postgres');
    if (wantsService && service === undefined) {
      throw new CloudError(
        400,
        'BAD_FAULT',
        `fault kill takes HOST/SERVICE: ${services.map((name) => `${host}/${name}`).join(', ')}`,
      );
    }
    if (service !== undefined && !services.includes(service)) {
      throw new CloudError(
        404,
        'UNKNOWN_SERVICE',
        `host ${host} has no service "${service}" (it has: ${services.join(', ')})`,
      );
    }
    if (direction !== undefined && kind !== 'isolate') {
      throw new CloudError(400, 'BAD_FAULT', `--direction goes with isolate, not with ${kind}`);
    }
    return { host, service };
  }

  async #apply(fault: Fault, host: string, service: string | undefined): Promise<void> {
    switch (fault.kind) {
      case 'stop':
        return this.#hosts.powerOff(host);
      case 'isolate':
        return this.#applyFirewall(this.#faults);
      case 'pause':
        if (service) return this.#signal(host, service, 'SIGSTOP');
        return this.#hosts.exclusively(host, () => this.#hosts.runtime.pause(host));
      case 'kill':
        if (fault.forMs !== undefined) await this.#supervise(host, service ?? '', 'down');
        return this.#signal(host, service ?? '', 'SIGKILL');
    }
  }

  async #revert(fault: Fault, rest: Fault[]): Promise<void> {
    if (fault.kind === 'isolate') return this.#applyFirewall(rest);
    // Another fault does the same to the same target still.
    if (rest.some((each) => each.kind === fault.kind && each.target === fault.target)) return;
    const { host, service = '' } = this.#target(fault);
    if (fault.kind === 'stop') return this.#hosts.start(host);
    const status = await this.#hosts.status(host, new Set());
    if (status.initPid === null) return; // it went with its host
    if (fault.kind === 'kill') return this.#supervise(host, service, 'up');
    if (service === '') {
      if (status.state === 'paused') await this.#hosts.exclusively(host, () => this.#hosts.runtime.resume(host));
    } else if (status.services.some((each) => each.name === service && each.state === 'up')) {
      await this.#signal(host, service, 'SIGCONT');
    }
  }

  /** Whether the supervisor restarts a service that ends. PostgreSQL is Patroni's to restart: only Patroni can hold it. */
  async #supervise(host: string, service: string, want: 'up' | 'down'): Promise<void> {
    if (service === 'postgres') {
      throw new CloudError(400, 'BAD_FAULT', 'postgres is restarted by Patroni: `kill HOST/postgres` takes no --for');
    }
    // `once` leaves the running process alone and does not start it again: what keeps it down after the kill.
    await this.#hosts.runtime.exec(host, ['sv', want === 'up' ? 'up' : 'once', `/run/service/${service}`]);
  }

  async #signal(host: string, service: string, signal: NodeJS.Signals): Promise<void> {
    const status: HostStatus = await this.#hosts.status(host, new Set());
    const pid = status.services.find((each) => each.name === service)?.pid;
    const processes = pid ? serviceProcesses(this.#hosts.runtime.processes(host), service, pid) : [];
    if (processes.length === 0) {
      throw new CloudError(409, 'NOT_RUNNING', `service ${host}/${service} is not running`);
    }
    // PostgreSQL: the postmaster alone is killed, as by the kernel; its children notice and end.
    const targets = signal === 'SIGKILL' && service === 'postgres' ? processes.slice(0, 1) : processes;
    for (const each of targets) {
      try {
        process.kill(each, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  /** Isolation rules for the firewall. */
  isolations(faults: readonly Fault[]): Isolation[] {
    const known = faults.filter((fault) => this.#hosts.has(fault.target));
    return isolations(this.#plan, known, (host) => this.#hosts.definition(host).address);
  }
}
