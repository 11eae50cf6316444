import type { FleetPlace } from '@sbmcrm/cloud';
import { random } from '../fixture.ts';
import type { Policy } from './policy.ts';

export const MINUTE = 60_000;
/** The guide's. */
export const POLICY: Policy = {
  up: { above: 70, forMs: 5 * MINUTE, add: 1 },
  down: { below: 30, forMs: 10 * MINUTE, remove: 1 },
  cooldownMs: MINUTE,
  graceMs: 5 * MINUTE,
};

/** How long a host takes until it serves. */
const BOOT_MS = 8000;
const ZONES = ['a', 'b'] as const;

interface Simulated {
  name: string;
  zone: string;
  /** Missing: there is no host. */
  host?: { startedAtMs: number; isDead: boolean; isSick: boolean; isBroken: boolean; leaves: boolean; seconds: number };
}

/** A fleet on a clock of its own, with what may go wrong. Refuses as the cloud does. */
export class SimulatedFleet {
  nowMs = 1_000_000_000_000;
  /** What all instances have to do together, in processors of one. */
  demand = 0.6;
  readonly places: Simulated[];
  readonly lostZones = new Set<string>();
  /** What all share is broken: nobody is healthy. */
  isShared = false;
  /** What is launched now never serves. */
  isBroken = false;
  isMetricless = false;
  areBalancersSilent = false;
  isBusy = false;
  readonly next: () => number;

  constructor(seed: number, count: number, initial: number) {
    this.next = random(seed);
    this.places = Array.from({ length: count }, (_, index) => ({
      name: `api-${String(index + 1).padStart(2, '0')}`,
      zone: ZONES[index % 2] ?? 'a',
    }));
    for (const place of this.places.slice(0, initial)) this.#start(place);
  }

  #start(place: Simulated): void {
    const { isBroken } = this;
    place.host = { startedAtMs: this.nowMs, isDead: false, isSick: false, isBroken, leaves: false, seconds: 0 };
  }

  serves({ host }: Simulated): boolean {
    return (
      host !== undefined &&
      !host.isDead &&
      !host.isSick &&
      !host.isBroken &&
      !this.isShared &&
      this.nowMs - host.startedAtMs >= BOOT_MS
    );
  }

  /** Takes requests, and is not told to go. */
  get serving(): Simulated[] {
    return this.places.filter((place) => this.serves(place) && !place.host?.leaves);
  }

  /** Hosts that run, and are not told to go. */
  get staying(): Simulated[] {
    return this.places.filter(({ host }) => host && !host.isDead && !host.leaves);
  }

  /** Average use of those that serve, in percent. */
  get percent(): number {
    const { length } = this.places.filter((place) => this.serves(place));
    return length === 0 ? 0 : Math.min(100, (100 * this.demand) / length);
  }

  pass(milliseconds: number): void {
    const share = this.percent / 100;
    for (const place of this.places)
      if (place.host && this.serves(place)) place.host.seconds += (share * milliseconds) / 1000;
    this.nowMs += milliseconds;
  }

  list(): { atMs: number; places: FleetPlace[] } {
    const view = (place: Simulated): FleetPlace => {
      const { name, zone, host } = place;
      const isAlive = host !== undefined && !host.isDead;
      const health = this.serves(place) ? ('healthy' as const) : ('unhealthy' as const);
      const seenBy = this.areBalancersSilent ? {} : { 'lb-a': health, 'lb-b': health };
      return {
        name,
        zone,
        address: '10.0.0.1',
        version: this.isBroken ? 'broken' : 'good',
        state: host === undefined ? 'absent' : host.isDead ? 'stopped' : 'running',
        startedAtMs: isAlive ? host.startedAtMs : null,
        backend: host === undefined ? null : { state: health, seenBy },
        cpu: isAlive && !this.isMetricless ? { seconds: host.seconds, cpus: 1 } : null,
      };
    };
    return { atMs: this.nowMs, places: this.places.map(view) };
  }

  /** @throws Error with a code, as the cloud does */
  launch(name: string): void {
    const place = this.#ask(name);
    if (this.lostZones.has(place.zone)) throw Object.assign(new Error('the zone is lost'), { code: 'NO_CAPACITY' });
    if (!place.host || place.host.isDead) this.#start(place);
  }
  drain(name: string): void {
    const { host } = this.#ask(name);
    if (host) host.leaves = true;
  }
  terminate(name: string): void {
    delete this.#ask(name).host;
  }

  #ask(name: string): Simulated {
    if (this.isBusy) throw Object.assign(new Error('a command changes the platform'), { code: 'FLEET_BUSY' });
    const place = this.places.find((each) => each.name === name);
    if (!place) throw new Error(`no place ${name}`);
    return place;
  }
}
