import { CloudError } from '../error.ts';
import type { Fault, FaultRequest } from '../faults/fault.ts';
import { type FaultTarget, kindOf } from '../faults/kind.ts';
import { assertSensible } from '../faults/request.ts';
import { assertKnown, parseTarget, releaseHost, touchedHosts } from '../faults/target.ts';
import { SIMULATED_KINDS } from './kinds.ts';
import type { SimulatedWorld } from './world.ts';

const serviceOf = (target: FaultTarget) => (target.of === 'host' ? target.service : undefined);

/** Breaks hosts of a simulated world, and mends them. */
export class SimulatedFaults {
  readonly #world: SimulatedWorld;
  readonly #timers = new Map<string, () => void>();

  constructor(world: SimulatedWorld) {
    this.#world = world;
    for (const fault of world.faults) this.#arm(fault);
  }

  /** @throws CloudError before anything is done */
  inject(requests: readonly FaultRequest[]): Fault[] {
    const faults = requests.map((request) => this.#prepare(request));
    const isMoment = ({ kind, forMs }: Fault) =>
      kindOf(SIMULATED_KINDS, kind).moment !== undefined && forMs === undefined;
    for (const fault of faults)
      this.#each(fault, (kind, ...hit) => kind.apply?.(this.#world, ...hit, !isMoment(fault)));
    const lasting = faults.filter((fault) => !isMoment(fault));
    this.#world.faults = [...this.#world.faults, ...lasting];
    for (const fault of lasting) this.#arm(fault);
    return faults;
  }

  /** @throws CloudError UNKNOWN_FAULT */
  clear(id: string): void {
    const fault = this.#world.faults.find((each) => each.id === id);
    if (!fault) throw new CloudError('UNKNOWN_FAULT', `no fault has the id "${id}"`);
    const rest = this.#world.faults.filter((each) => each !== fault);
    const service = serviceOf(parseTarget(SIMULATED_KINDS, fault));
    const held = rest
      .filter((each) => each.kind === fault.kind && serviceOf(parseTarget(SIMULATED_KINDS, each)) === service)
      .flatMap((each) => this.touched(each));
    this.#each(fault, (kind, host, name) => {
      if (!held.includes(host.definition.name)) kind.undo?.(this.#world, host, name);
    });
    this.#store(rest);
  }

  /** A host was started: what a start ends is over for it. */
  hostStarted(name: string): void {
    const ends = (fault: Fault) => kindOf(SIMULATED_KINDS, fault.kind).endsWithStart;
    this.#release((fault) => (ends(fault) ? releaseHost(SIMULATED_KINDS, fault, name) : fault));
  }

  hostDeleted(name: string): void {
    this.#release((fault) => releaseHost(SIMULATED_KINDS, fault, name));
  }

  isIsolated(name: string): boolean {
    return this.#world.faults.some(
      (fault) => kindOf(SIMULATED_KINDS, fault.kind).isolates && this.touched(fault).includes(name),
    );
  }

  touched(fault: Fault): string[] {
    const placed = [...this.#world.hosts.values()].map(({ definition }) => definition);
    return touchedHosts(SIMULATED_KINDS, fault, placed);
  }

  /** The process that counts the time is gone. */
  close(): void {
    for (const cancel of this.#timers.values()) cancel();
  }

  #prepare(request: FaultRequest): Fault {
    if (!(request.kind in SIMULATED_KINDS)) throw new CloudError('BAD_FAULT', `there is no fault "${request.kind}"`);
    assertSensible(SIMULATED_KINDS, request);
    const target = parseTarget(SIMULATED_KINDS, request);
    const hosts = [...this.#world.hosts.values()];
    assertKnown(
      SIMULATED_KINDS,
      request,
      target,
      hosts.map(({ definition }) => definition),
    );
    const { clock } = this.#world;
    const { hits, needsPower } = kindOf(SIMULATED_KINDS, request.kind);
    if (needsPower && target.of === 'host' && !this.#world.isAlive(target.host))
      throw new CloudError('NOT_RUNNING', `host ${target.host} is not running`);
    const victims =
      hits && (target.of === 'zone' || target.of === 'region')
        ? hosts.filter((host) => host.definition[target.of] === target.name && hits(host))
        : undefined;
    if (victims?.length === 0) throw new CloudError('NOT_RUNNING', `no host of ${request.target} is running`);
    return {
      ...request,
      ...(victims ? { hosts: victims.map(({ definition }) => definition.name) } : {}),
      id: this.#world.id(),
      since: clock.iso(),
      ...(request.forMs === undefined ? {} : { until: clock.iso(clock.nowMs + request.forMs) }),
    };
  }

  #each(fault: Fault, act: (kind: KindOfFault, host: HostOfFault, service: string | undefined) => void): void {
    const kind = kindOf(SIMULATED_KINDS, fault.kind);
    for (const name of this.touched(fault)) {
      const host = this.#world.hosts.get(name);
      if (host) act(kind, host, serviceOf(parseTarget(SIMULATED_KINDS, fault)));
    }
  }

  #release(left: (fault: Fault) => Fault | undefined): void {
    this.#store(this.#world.faults.map(left).filter((fault) => fault !== undefined));
  }

  #store(faults: Fault[]): void {
    this.#world.faults = faults;
    for (const [id, cancel] of this.#timers) {
      if (faults.some((fault) => fault.id === id)) continue;
      cancel();
      this.#timers.delete(id);
    }
  }

  #arm({ id, until }: Fault): void {
    if (until !== undefined)
      this.#timers.set(
        id,
        this.#world.clock.at(Date.parse(until), () => this.clear(id)),
      );
  }
}

type KindOfFault = (typeof SIMULATED_KINDS)[string];
type HostOfFault = NonNullable<ReturnType<SimulatedWorld['hosts']['get']>>;
