import { randomBytes } from 'node:crypto';
import {
  assertKnown,
  assertSensible,
  CloudError,
  type Fault,
  type FaultRequest,
  type FaultTarget,
  hostsIn,
  type PlacedHost,
  parseTarget,
  releaseHost,
  touchedHosts,
} from '@sbmcrm/cloud';
import { settleAll } from '@sbmcrm/errors';
import type { NetworkPlan } from '@sbmcrm/topology';
import type { DropRules } from '../firewall.ts';
import type { HostManager } from '../host/manager.ts';
import { readJson, writeJson } from '../machine/files.ts';
import type { StatePaths } from '../state.ts';
import { type FaultTools, type Injected, isNetworkKind } from './kind.ts';
import { delayOf, dropRules, hasNetem, setDelay } from './network.ts';
import { FAULT_KINDS, faultKind } from './registry.ts';
import { serviceOf } from './services.ts';

const RETRY_MS = 1000;

const isOver = (fault: Fault) => fault.until !== undefined && Date.parse(fault.until) <= Date.now();
const isNetworkFault = ({ kind }: Fault) => isNetworkKind(faultKind(kind));
/** A fault that is over as soon as it is done: nothing is kept of it. */
const isMoment = ({ kind, forMs }: FaultRequest) => faultKind(kind).moment !== undefined && forMs === undefined;

/**
 * Injects faults and takes them back. Those that last are on disk before they act, so that they can be cleared also
 * after a kill -9 of the daemon.
 */
export class FaultInjector {
  readonly #plan: NetworkPlan;
  readonly #hosts: HostManager;
  readonly #paths: StatePaths;
  readonly #tools: FaultTools;
  /** Loads the firewall that the faults ask for. */
  readonly #applyFirewall: (drops: DropRules) => Promise<void>;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #faults: Fault[];
  #turn: Promise<unknown> = Promise.resolve();
  /** Faults that are being injected: a start that ends meanwhile is not their end. */
  #injecting: ReadonlySet<string> = new Set();

  constructor(setting: {
    plan: NetworkPlan;
    hosts: HostManager;
    paths: StatePaths;
    applyFirewall: (drops: DropRules) => Promise<void>;
  }) {
    this.#plan = setting.plan;
    this.#hosts = setting.hosts;
    this.#paths = setting.paths;
    this.#tools = { hosts: setting.hosts, paths: setting.paths, canDelay: hasNetem };
    this.#applyFirewall = setting.applyFirewall;
    // Another version may have known kinds that this one does not.
    this.#faults = (readJson<Fault[]>(this.#paths.faults) ?? []).filter(({ kind }) => kind in FAULT_KINDS);
  }

  /** Takes up where an earlier daemon stopped: what ran out meanwhile is cleared, rules are loaded, timers run on. */
  async resume(): Promise<void> {
    await this.#dropEndedStops();
    await this.#inTurn(() => this.#applyNetwork(this.#faults));
    await this.#inTurn(() => this.#tidy());
    await Promise.allSettled(this.#faults.filter(isOver).map((fault) => this.clear(fault.id)));
    for (const fault of this.#faults) this.#arm(fault);
  }

  /**
   * Hosts whose stop ran out are not started here: whoever starts a daemon starts hosts next, the last primary first. One
   * that still runs gets its data link back, in case an earlier daemon died between taking it down and the kill.
   */
  async #dropEndedStops(): Promise<void> {
    const ended = this.#faults.filter((fault) => isOver(fault) && faultKind(fault.kind).startsHosts);
    const hosts = new Set(ended.flatMap((fault) => this.#touched(fault)));
    const running = (await this.#hosts.statuses(new Set())).filter((host) => host.initPid !== null);
    for (const { name } of running) if (hosts.has(name)) await this.#hosts.start(name);
    this.#store(this.#faults.filter((fault) => !ended.includes(fault)));
  }

  list(): Fault[] {
    return [...this.#faults];
  }

  /** Zones of which everything was stopped: nothing starts there. @returns with what did it */
  lostZones(): Map<string, string> {
    const lost = new Map<string, string>();
    for (const fault of this.#faults.filter(({ kind }) => faultKind(kind).startsHosts)) {
      const target = parseTarget(FAULT_KINDS, fault);
      if (target.of !== 'zone' && target.of !== 'region') continue;
      for (const { zone } of hostsIn(this.#hosts.definitions(), target.name, target.of))
        lost.set(zone, `fault ${fault.id}, ${fault.kind} ${fault.target}`);
    }
    return lost;
  }

  isolatedHosts(): Set<string> {
    const isolations = this.#faults.filter((fault) => faultKind(fault.kind).isolates);
    return new Set(isolations.flatMap((fault) => this.#touched(fault)));
  }

  /**
   * Injects faults in one stroke: all of them, or none.
   *
   * @throws CloudError 400 or 404 for a fault that makes no sense, 409 or 501 for one that this machine cannot do
   */
  inject(requests: readonly FaultRequest[]): Promise<Fault[]> {
    return this.#inTurn(() => this.#inject(requests));
  }

  /** Takes a fault back completely. @throws CloudError 404 UNKNOWN_FAULT */
  clear(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const fault = this.#faults.find((each) => each.id === id);
      if (!fault) throw new CloudError('UNKNOWN_FAULT', `no fault has the id "${id}" (see \`sbmcrm fault list\`)`);
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
      faultKind(fault.kind).endsWithStart && !this.#injecting.has(fault.id)
        ? releaseHost(FAULT_KINDS, fault, name)
        : fault;
    this.#store(this.#faults.map(left).filter((fault) => fault !== undefined));
    // The firewall names its port already, but the port is a new one and knows no delay. Not waited for: a fault that is
    // being cleared may wait for this start.
    this.coverHosts().catch((error: Error) => console.error(`${name} started under a network fault: ${error.message}`));
  }

  /** A host is gone, and its faults with it. */
  async hostDeleted(name: string): Promise<void> {
    this.#store(
      this.#faults.map((fault) => releaseHost(FAULT_KINDS, fault, name)).filter((fault) => fault !== undefined),
    );
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

  async #inject(requests: readonly FaultRequest[]): Promise<Fault[]> {
    const faults: Fault[] = [];
    for (const request of requests) faults.push(await this.#prepare(request));
    const lasting = faults.filter((fault) => !isMoment(fault));
    this.#injecting = new Set(faults.map((fault) => fault.id));
    if (lasting.length > 0) this.#store([...this.#faults, ...lasting]);
    try {
      if (faults.some(isNetworkFault)) await this.#applyNetwork(this.#faults);
      await settleAll(faults, async (fault) => faultKind(fault.kind).apply?.(this.#injected(fault), this.#tools));
    } catch (error) {
      for (const fault of lasting) {
        await this.#revert(fault).catch(() => {}); // half of it may have been done
        this.#forget(fault.id);
      }
      throw error;
    } finally {
      this.#injecting = new Set();
    }
    for (const fault of lasting) this.#arm(fault);
    return faults;
  }

  /** A fault as it will be in the list. @throws CloudError */
  async #prepare(request: FaultRequest): Promise<Fault> {
    assertSensible(FAULT_KINDS, request);
    const target = parseTarget(FAULT_KINDS, request);
    assertKnown(FAULT_KINDS, request, target, this.#hosts.definitions());
    const { forMs } = request;
    const now = Date.now();
    return {
      ...((await faultKind(request.kind).prepare?.(request, this.#tools)) ?? request),
      ...(await this.#victims(request, target)),
      id: randomBytes(3).toString('hex'),
      since: new Date(now).toISOString(),
      ...(forMs === undefined ? {} : { until: new Date(now + forMs).toISOString() }),
    };
  }

  /**
   * The hosts of a zone or a region that a kind hits: those that are down (or frozen) already are not its doing, and are not brought back by its
   * end.
   *
   * @throws CloudError 409 NOT_RUNNING if there is none
   */
  async #victims({ kind }: FaultRequest, target: FaultTarget): Promise<{ hosts?: string[] }> {
    const { hits } = faultKind(kind);
    if (!hits || (target.of !== 'zone' && target.of !== 'region')) return {};
    const { of, name } = target;
    const hosts = hostsIn(await this.#hosts.statuses(new Set()), name, of).filter(hits);
    if (hosts.length === 0) throw new CloudError('NOT_RUNNING', `no host of ${of} ${name} is running`);
    return { hosts: hosts.map((host) => host.name) };
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
    return touchedHosts(FAULT_KINDS, fault, this.#hosts.definitions());
  }

  #injected(fault: Fault): Injected {
    return { fault, target: parseTarget(FAULT_KINDS, fault), hosts: this.#touched(fault) };
  }

  async #revert(fault: Fault): Promise<void> {
    const rest = this.#faults.filter((each) => each.id !== fault.id);
    if (isNetworkFault(fault)) await this.#applyNetwork(rest, fault);
    const injected = this.#injected(fault);
    const service = serviceOf(injected.target);
    // A host that another fault holds in the same way stays as it is.
    const held = rest
      .filter((other) => other.kind === fault.kind && serviceOf(parseTarget(FAULT_KINDS, other)) === service)
      .flatMap((other) => this.#touched(other));
    const hosts = injected.hosts.filter((host) => !held.includes(host));
    await faultKind(fault.kind).undo?.({ ...injected, hosts }, this.#tools);
  }

  /** Takes away what faults left that are not in the list any more. */
  async #tidy(): Promise<void> {
    await settleAll(Object.entries(FAULT_KINDS), async ([name]) => {
      const held = this.#faults.filter((fault) => fault.kind === name).flatMap((fault) => this.#touched(fault));
      await faultKind(name).tidy?.(new Set(held), this.#tools);
    });
  }

  /** The network as these faults want it. @param ended a fault that is not among them any more */
  async #applyNetwork(faults: readonly Fault[], ended?: Fault): Promise<void> {
    const hosts = this.#hosts.definitions();
    await this.#applyFirewall(dropRules(this.#plan, faults, hosts));
    const endsFor = (host: PlacedHost) => ended !== undefined && delayOf([ended], host) > 0;
    for (const host of hosts.filter((each) => delayOf(faults, each) > 0 || endsFor(each))) {
      await setDelay(this.#plan, host.address, delayOf(faults, host));
    }
  }
}
