import type { Fault } from '../faults/fault.ts';
import type { Fence, HostDefinition } from '../hosts.ts';
import { SimulatedClock } from './clock.ts';

/** A process of a host's, or where one would be. */
interface SimulatedService {
  pid: number | null;
  /** Its supervisor does not start it again. */
  isHeldDown: boolean;
  /** What it runs with. */
  applied: string;
}

/** A host as it really is, whatever the cloud says of it. */
export interface SimulatedHost {
  definition: HostDefinition;
  /** Its first process; null without power. */
  initPid: number | null;
  isFrozen: boolean;
  wasStarted: boolean;
  diskFailed: boolean;
  services: Map<string, SimulatedService>;
  /** The last one is in force unless it was lifted. */
  fences: Fence[];
  isFenced: boolean;
}

/** What outlives a cloud's own process: hosts with what runs on them, and what is on its disk. */
export class SimulatedWorld {
  readonly clock = new SimulatedClock();
  readonly hosts = new Map<string, SimulatedHost>();
  readonly backends = new Map<string, { address: string; port: number; isDraining: boolean }>();
  faults: Fault[] = [];
  #lastPid = 100;
  #lastId = 0;

  isAlive(name: string): boolean {
    return (this.hosts.get(name)?.initPid ?? null) !== null;
  }

  pid(): number {
    return ++this.#lastPid;
  }

  id(): string {
    return (++this.#lastId).toString(16).padStart(6, '0');
  }

  /** Somebody inside stops a service, and its supervisor leaves it so. */
  stopService(host: string, name: string): void {
    const service = this.hosts.get(host)?.services.get(name);
    if (service) Object.assign(service, { pid: null, isHeldDown: true });
  }

  powerOn(host: SimulatedHost): void {
    host.isFenced = false;
    if (host.initPid !== null) return;
    host.initPid = this.pid();
    host.wasStarted = true;
    host.services.clear();
    for (const service of host.definition.services) {
      host.services.set(service.name, { pid: this.pid(), isHeldDown: false, applied: JSON.stringify(service) });
    }
  }

  powerOff(host: SimulatedHost): void {
    host.initPid = null;
    host.isFrozen = false;
    host.diskFailed = false; // it is repaired before the next start
    for (const service of host.services.values()) service.pid = null;
  }
}
