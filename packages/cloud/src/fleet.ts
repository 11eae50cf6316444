import type { HostDefinition, HostState } from './hosts.ts';
import type { BackendState } from './targets.ts';

/**
 * Hosts that are alike and come and go while the platform runs: each has a place with a name, an address and a definition, which is there
 * before the host is. Whoever may do this can define no host, and touch none outside of it.
 *
 * Every call may be made again when nobody knows how it ended.
 */
export interface Fleet {
  /** Defines a place, or redefines it. A host that is there keeps what it runs with. */
  define(place: PlaceDefinition): Promise<void>;
  /** Forgets a place that no host is in. No effect where there is none. */
  undefine(name: string): Promise<void>;
  list(): Promise<FleetView>;
  /**
   * Makes a host in a place, starts it, and puts it behind the load balancers, where it gets requests once it says that it takes them. A
   * host that is there and does not run is made anew, with an empty disk; one that runs stays as it is.
   *
   * @param why in one line, for the log of events
   * @throws CloudError 404 UNKNOWN_PLACE; 409 FLEET_BUSY while a command changes the platform, NO_CAPACITY where the zone is lost
   */
  launch(name: string, why: string): Promise<void>;
  /** Gives a host no new sessions. @throws CloudError 404 UNKNOWN_PLACE, UNKNOWN_BACKEND; 409 FLEET_BUSY */
  drain(name: string, why: string): Promise<void>;
  /**
   * Takes a host away, with its disk: it ends what it is at first. It is not wanted any more until it is launched.
   *
   * @throws CloudError 404 UNKNOWN_PLACE; 409 FLEET_BUSY while a command changes the platform
   */
  terminate(name: string, why: string): Promise<void>;
}

/** A place as it is defined. */
export interface PlaceDefinition {
  host: HostDefinition;
  /** Where its host takes requests. */
  port: number;
}

/** The fleet at one moment. */
export interface FleetView {
  /** By the provider's clock, in milliseconds since the epoch: figures of two views are compared by it. */
  atMs: number;
  places: FleetPlace[];
}

/** A place of a fleet, and the host that is in it. */
export interface FleetPlace {
  name: string;
  zone: string;
  address: string;
  /** Changes with every change of the definition. */
  version: string;
  /** `absent`: there is no host. */
  state: HostState | 'absent';
  /** When its host was started last, in milliseconds since the epoch; null without one. */
  startedAtMs: number | null;
  /** What the load balancers say of it; null: it is not behind them. */
  backend: { state: BackendState; seenBy: Record<string, BackendState> } | null;
  /** Processor time that its host has used since it started, and how many processors it may use; null while it does not run. */
  cpu: { seconds: number; cpus: number } | null;
}
