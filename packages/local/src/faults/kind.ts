import type { Fault, FaultKindInfo, FaultRequest, FaultTarget, HostStatus } from '@sbmcrm/cloud';
import type { DropRules } from '../firewall.ts';
import type { HostManager } from '../host/manager.ts';
import type { StatePaths } from '../state.ts';

/** A fault with what its target means now. */
export interface Injected {
  fault: Fault;
  target: FaultTarget;
  /** Names of the hosts that it is about. */
  hosts: string[];
}

/** What a kind works with on this machine. */
export interface FaultTools {
  hosts: HostManager;
  paths: StatePaths;
  /** Whether this machine's kernel can delay frames. */
  canDelay: () => Promise<boolean>;
}

/** Ports of the data bridge, as its firewall names them. */
export interface Ports {
  /** Of the hosts that the fault is about. */
  own: string[];
  /** Of all hosts of a zone or a region. */
  in: (place: string) => string[];
}

/**
 * Everything about one kind of fault: what it takes, and how it is done and undone. A kind is one file in `kinds` and one line in
 * `registry.ts`; all others know it from there.
 */
export interface FaultKindDefinition extends FaultKindInfo {
  /**
   * What this machine adds to a request or takes from it.
   *
   * @throws CloudError 409 or 501 for what cannot be done here
   */
  prepare?(request: FaultRequest, tools: FaultTools): Promise<FaultRequest & { note?: string }>;
  /** Of a zone or a region it hits these hosts, and not those that come later; missing: whatever hosts there are. Pure. */
  hits?(host: HostStatus): boolean;

  /** Does it. Network kinds need none. */
  apply?(injected: Injected, tools: FaultTools): Promise<void>;
  /** Undoes it. @param injected its hosts are those that no other fault of this kind holds */
  undo?(injected: Injected, tools: FaultTools): Promise<void>;
  /** At a daemon's start: undoes what is left of faults that are not in the list. @param held hosts that are under one */
  tidy?(held: ReadonlySet<string>, tools: FaultTools): Promise<void>;

  /** What the data bridge drops while it lasts; pure. */
  drops?(injected: Injected, ports: Ports): Partial<DropRules>;
  /** How much later frames arrive at its hosts while it lasts, in milliseconds; pure. */
  delayMs?(fault: Fault): number;

  /** A start of the host ends it. */
  endsWithStart?: boolean;
  /** Its end starts hosts. */
  startsHosts?: boolean;
  /** Its hosts count as isolated. */
  isolates?: boolean;
}

/** Whether a kind works on the network alone. */
export function isNetworkKind(kind: FaultKindDefinition): boolean {
  return kind.drops !== undefined || kind.delayMs !== undefined;
}
