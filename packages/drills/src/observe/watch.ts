import { clockMs } from '@sbmcrm/load';
import type { PlatformStatus } from '@sbmcrm/platform';
import type { Looks } from './looks.ts';

const INTERVAL_MS = 1000;
/** While nothing is broken a look tells little, and takes processor time from what is measured. */
const CALM_INTERVAL_MS = 2000;
/** The longest that any request waits: an entry that is silent for longer has failed its clients. */
const ENTRY_SILENT_MS = 30_000;

/** The role or health of each part in a few words: what a mark on the report tells when it changes. Pure. */
export function partStates(status: PlatformStatus): Map<string, string> {
  const states = new Map<string, string>();
  for (const { name, role, state } of status.database.members) {
    states.set(name, state === 'unknown' ? 'no answer' : state === 'running' ? role : `${role}, ${state}`);
  }
  for (const { name, role, linked } of status.cache.members) {
    states.set(name, role === 'unknown' ? 'no answer' : role === 'standby' && !linked ? 'standby, not linked' : role);
  }
  for (const { name, state } of status.loadBalancer.backends) states.set(name, `${state} behind the load balancer`);
  states.set('public address', status.loadBalancer.active ?? 'nobody');
  states.set('members of etcd', `${status.quorum.etcd.up} of ${status.quorum.etcd.of}`);
  return states;
}

/** Changes between two looks, in words. Pure. */
export function changes(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): string[] {
  return [...now].filter(([part, state]) => before.get(part) !== state).map(([part, state]) => `${part}: ${state}`);
}

/** What a drill did, and so allows. */
export interface Allowed {
  /** Hosts that its faults hit. */
  hosts: ReadonlySet<string>;
  /** Ids of its faults. */
  faults: ReadonlySet<string>;
}

/** Why the platform is not any more in the state that the drill allows; undefined while it is. Pure. */
export function leftState(status: PlatformStatus, allowed: Allowed): string | undefined {
  const foreign = status.faults.find((fault) => !allowed.faults.has(fault.id));
  if (foreign) return `somebody else injected ${foreign.kind} ${foreign.target}`;
  // Where instances come and go, some are not there for a moment.
  const comes = ({ services }: PlatformStatus['hosts'][number]) =>
    status.scaling !== undefined && services.some((service) => service.name === 'api');
  const host = status.hosts.find((each) => each.state !== 'running' && !allowed.hosts.has(each.name) && !comes(each));
  if (host) return `${host.name} is ${host.state}, which is not part of this drill`;
  return status.hosts.length === 0 ? 'the local cloud does not answer' : undefined;
}

/** Looks at the platform all along: notes what changes, and raises a signal when the drill must end. */
export class Watch {
  /** Times in `clockMs()` milliseconds. */
  readonly marks: { atMs: number; label: string }[] = [];
  readonly #looks: Looks;
  readonly #allowed: () => Allowed | undefined;
  readonly #left = new AbortController();
  readonly #loop: Promise<void>;
  #running = true;
  #states: Map<string, string>;
  #answeredMs = clockMs();

  /** @param allowed asked after each look; undefined: just now anything is */
  constructor(looks: Looks, before: PlatformStatus, allowed: () => Allowed | undefined) {
    this.#looks = looks;
    this.#allowed = allowed;
    this.#states = partStates(before);
    this.#loop = this.#watch();
  }

  /** Aborted, with the reason as text, when the platform has left the state that the drill allows. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#loop;
  }

  async #watch(): Promise<void> {
    while (this.#running) {
      // A look that failed tells nothing.
      const status = await this.#looks.look().catch(() => undefined);
      if (status) this.#note(status);
      const isCalm = status?.state === 'healthy';
      await new Promise((resolve) => setTimeout(resolve, isCalm ? CALM_INTERVAL_MS : INTERVAL_MS));
    }
  }

  #note(status: PlatformStatus): void {
    const atMs = clockMs();
    const states = partStates(status);
    for (const label of changes(this.#states, states)) this.marks.push({ atMs, label });
    this.#states = states;
    if (status.state !== 'down') this.#answeredMs = atMs;
    const silent = atMs - this.#answeredMs > ENTRY_SILENT_MS;
    const allowed = this.#allowed();
    const reason = silent ? 'the public entry has not answered for 30 s' : allowed && leftState(status, allowed);
    if (reason && !this.#left.signal.aborted) this.#left.abort(reason);
  }
}
