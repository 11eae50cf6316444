import { randomBytes } from 'node:crypto';
import type { NetworkPlan } from '@sbmcrm/topology';
import { CloudError, type Fault, type FaultRequest } from '../cloud.ts';
import type { DropRules } from '../firewall.ts';
import type { HostManager } from '../host/manager.ts';
import { readJson, writeJson } from '../machine/files.ts';
import type { StatePaths } from '../state.ts';
import { DiskFaults } from './disk.ts';
import { delayOf, dropRules, hasNetem, setDelay } from './network.ts';
import { ProcessFaults } from './processes.ts';
import { assertSensible } from './request.ts';
import { assertKnown, parseTarget, releaseHost, touchedHosts } from './target.ts';

const RETRY_MS = 1000;

const isOver = (fault: Fault) => fault.until !== undefined && Date.parse(fault.until) <= Date.now();
const isNetworkFault = ({ kind }: Fault) => kind === 'isolate' || kind === 'cut' || kind === 'slow';
const isProcessFault = ({ kind }: Fault) => kind === 'stop' || kind === 'pause' || kind === 'kill';

/**
 * Injects faults and takes them back. Those that last are on disk before they act, so that they can be cleared also
 * after a kill -9 of the daemon.
 */
export class FaultInjector {
  readonly #plan: NetworkPlan;
  readonly #hosts: HostManager;
  readonly #paths: StatePaths;
  readonly #processes: ProcessFaults;
  readonly #disks: DiskFaults;
  /** Loads the firewall that the faults ask for. */
  readonly #applyFirewall: (drops: DropRules) => Promise<void>;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #faults: Fault[];
  #turn: Promise<unknown> = Promise.resolve();
  /** The fault that is being injected: a start that ends meanwhile is not its end. */
  #injecting: string | undefined;

  constructor(setting: {
    plan: NetworkPlan;
    hosts: HostManager;
    paths: StatePaths;
    applyFirewall: (drops: DropRules) => Promise<void>;
  }) {
    this.#plan = setting.plan;
    this.#hosts = setting.hosts;
    this.#paths = setting.paths;
    this.#processes = new ProcessFaults(setting.hosts);
    this.#disks = new DiskFaults(setting.hosts, setting.paths);
    this.#applyFirewall = setting.applyFirewall;
    this.#faults = readJson<Fault[]>(this.#paths.faults) ?? [];
  }

  /** Takes up where an earlier daemon stopped: what ran out meanwhile is cleared, rules are loaded, timers run on. */
  async resume(): Promise<void> {
    await this.#dropEndedStops();
    await this.#inTurn(() => this.#applyNetwork(this.#faults));
    await this.#inTurn(() => this.#disks.removeUnlisted(this.#faults));
    await Promise.allSettled(this.#faults.filter(isOver).map((fault) => this.clear(fault.id)));
    for (const fault of this.#faults) this.#arm(fault);
  }

  /**
   * Hosts whose stop ran out are not started here: whoever starts a daemon starts hosts next, the last primary first. One
   * that still runs gets its data link back, in case an earlier daemon died between taking it down and the kill.
   */
  async #dropEndedStops(): Promise<void> {
    const ended = this.#faults.filter((fault) => isOver(fault) && fault.kind === 'stop');
    const hosts = new Set(ended.flatMap((fault) => this.#touched(fault)));
    const running = (await this.#hosts.statuses(new Set())).filter((host) => host.initPid !== null);
    for (const { name } of running) if (hosts.has(name)) await this.#hosts.start(name);
    this.#store(this.#faults.filter((fault) => !ended.includes(fault)));
  }

  list(): Fault[] {
    return [...this.#faults];
  }

  isolatedHosts(): Set<string> {
    const isolations = this.#faults.filter((fault) => fault.kind === 'isolate');
    return new Set(isolations.flatMap((fault) => this.#touched(fault)));
  }

  /** @throws CloudError 400 or 404 for a fault that makes no sense, 409 or 501 for one that this machine cannot do */
  inject(request: FaultRequest): Promise<Fault> {
    return this.#inTurn(() => this.#inject(request));
  }

  /** Takes a fault back completely. @throws CloudError 404 UNKNOWN_FAULT */
  clear(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const fault = this.#faults.find((each) => each.id === id);
      if (!fault) throw new CloudError(404, 'UNKNOWN_FAULT', `no fault has the id "${id}" (see \`sbmcrm fault list\`)`);
      await this.#revert(fault);
      this.#forget(id);
    });
  }

  /** Hosts were defined, or started: network faults cover them too. */
  async coverHosts(): Promise<void> {
    if (this.#faults.some(isNetworkFault)) await this.#inTurn(() => this.#applyNetwork(this.#faults));
  }

  /** A host was started: what was done to its processes ended with them. What was done to its network or disk stays. */
  hostStarted(name: string): void {
    const left = (fault: Fault) =>
      isProcessFault(fault) && fault.id !== this.#injecting ? releaseHost(fault, name) : fault;
    this.#store(this.#faults.map(left).filter((fault) => fault !== undefined));
    // The firewall names its port already, but the port is a new one and knows no delay. Not waited for: a fault that is
    // being cleared may wait for this start.
    this.coverHosts().catch((error: Error) => console.error(`${name} started under a network fault: ${error.message}`));
  }

  /** A host is gone, and its faults with it. */
  async hostDeleted(name: string): Promise<void> {
    this.#store(this.#faults.map((fault) => releaseHost(fault, name)).filter((fault) => fault !== undefined));
    await this.#inTurn(() => this.#applyNetwork(this.#faults));
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
    assertSensible(request);
    const target = parseTarget(request);
    assertKnown(request, target, this.#hosts.definitions());
    const { kind, forMs } = request;
    if (kind === 'fill') await this.#disks.assertOwnDisk(request.target);
    const zone = target.of === 'zone' ? target.zone : undefined;
    const hitsProcesses = zone !== undefined && (kind === 'stop' || kind === 'pause');
    const now = Date.now();
    const fault: Fault = {
      ...(await possible(request)),
      id: randomBytes(3).toString('hex'),
      since: new Date(now).toISOString(),
      ...(forMs === undefined ? {} : { until: new Date(now + forMs).toISOString() }),
      ...(hitsProcesses ? { hosts: await this.#processes.victims(kind, zone) } : {}),
    };
    // A kill without --for is over as soon as it is done: the supervisor starts the service again.
    const lasts = kind !== 'kill' || forMs !== undefined;
    this.#injecting = fault.id;
    if (lasts) this.#store([...this.#faults, fault]);
    try {
      await this.#apply(fault);
    } catch (error) {
      if (lasts) {
        await this.#revert(fault).catch(() => {}); // half of it may have been done
        this.#forget(fault.id);
      }
      throw error;
    } finally {
      this.#injecting = undefined;
    }
    if (lasts) this.#arm(fault);
    return fault;
  }

  #forget(id: string): void {
    this.#store(this.#faults.filter((fault) => fault.id !== id));
  }

  #store(faults: Fault[]): void {
    const isSame = faults.length === this.#faults.length && faults.every((fault, i) => fault === this.#faults[i]);
    if (isSame) return;
    this.#faults = faults;
    writeJson(this.#paths.faults, faults);
    for (const [id, timer] of this.#timers) {
      if (faults.some((fault) => fault.id === id)) continue;
      clearTimeout(timer);
      this.#timers.delete(id);
    }
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

  #touched(fault: Fault): string[] {
    return touchedHosts(fault, this.#hosts.definitions());
  }

  #apply(fault: Fault): Promise<void> {
    if (isNetworkFault(fault)) return this.#applyNetwork(this.#faults);
    return isProcessFault(fault) ? this.#processes.apply(fault) : this.#disks.apply(fault);
  }

  #revert(fault: Fault): Promise<void> {
    const rest = this.#faults.filter((each) => each.id !== fault.id);
    if (isNetworkFault(fault)) return this.#applyNetwork(rest, fault);
    return isProcessFault(fault) ? this.#processes.revert(fault, rest) : this.#disks.revert(fault, rest);
  }

  /** The network as these faults want it. @param ended a fault that is not among them any more */
  async #applyNetwork(faults: readonly Fault[], ended?: Fault): Promise<void> {
    const hosts = this.#hosts.definitions();
    await this.#applyFirewall(dropRules(this.#plan, faults, hosts));
    const delayed = (host: string) => delayOf(faults, host) > 0 || (ended !== undefined && delayOf([ended], host) > 0);
    for (const { name, address } of hosts.filter((host) => delayed(host.name))) {
      await setDelay(this.#plan, address, delayOf(faults, name));
    }
  }
}

/**
 * What of a fault this machine can do; a fault that lacks a part says so.
 *
 * @throws CloudError 501 NO_NETEM if nothing would be left of it
 */
async function possible(request: FaultRequest): Promise<FaultRequest & { note?: string }> {
  const { latencyMs, ...rest } = request;
  if (latencyMs === undefined || (await hasNetem())) return request;
  if (request.lossPercent === undefined) {
    throw new CloudError(501, 'NO_NETEM', "no netem: this machine's kernel cannot delay frames");
  }
  return { ...rest, note: 'latency skipped: no netem' };
}
