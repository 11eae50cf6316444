import type { BackendState, FleetPlace } from '@sbmcrm/cloud';
import type { Memory } from './memory.ts';

/** What the fleet's places are, in the controller's words; each is in one of them. */
export interface Fleet {
  /** They take requests. */
  serving: FleetPlace[];
  /** They had their time, and one load balancer sends them requests and another one does not. */
  partial: FleetPlace[];
  /** They were started, have not served yet, and have time left to. */
  starting: FleetPlace[];
  /** They were started, have not served, and their time is over. */
  failed: FleetPlace[];
  /** They served, run, and do not serve any more. */
  sick: FleetPlace[];
  /** They were told to go. */
  leaving: FleetPlace[];
  /** Hosts that do not run. */
  dead: FleetPlace[];
  /** Places without a host. */
  free: FleetPlace[];
}

/**
 * Sorts the fleet: pure.
 *
 * @param graceMs how long a new instance is not judged
 */
export function sortFleet(places: readonly FleetPlace[], memory: Memory, graceMs: number, nowMs: number): Fleet {
  const fleet: Fleet = {
    serving: [],
    partial: [],
    starting: [],
    failed: [],
    sick: [],
    leaving: [],
    dead: [],
    free: [],
  };
  for (const place of places) fleet[kindOf(place, memory, graceMs, nowMs)].push(place);
  return fleet;
}

function kindOf(place: FleetPlace, memory: Memory, graceMs: number, nowMs: number): keyof Fleet {
  const { name, state, startedAtMs } = place;
  if (state === 'absent') return 'free';
  if (memory.leaving[name] !== undefined) return 'leaving';
  if (startedAtMs === null || state === 'stopped' || state === 'fenced') return 'dead';
  const views = Object.values(place.backend?.seenBy ?? {});
  // One that has just begun to look takes all for well: what every one says counts.
  if (views.length > 0 && views.every(serves)) return 'serving';
  const isKnown = memory.served[name] === startedAtMs;
  if (!isKnown && nowMs - startedAtMs < graceMs) return 'starting';
  if (views.some(serves)) return 'partial';
  return isKnown ? 'sick' : 'failed';
}

/** Whether a load balancer sends it requests. One that says that it drains does so for a while, and on purpose. */
const serves = (view: BackendState): boolean => view !== 'unhealthy';

/** Whether load balancers say anything at all: where none does, nobody knows who serves. Pure. */
export function isJudged(places: readonly FleetPlace[]): boolean {
  return places.some(({ backend }) => backend !== null && Object.keys(backend.seenBy).length > 0);
}

/** What is known of hosts from now on: who served, who has been sick since when, who has left. Pure. */
export function remember(memory: Memory, fleet: Fleet, nowMs: number): Memory {
  const served = Object.fromEntries(
    [...fleet.serving, ...fleet.partial, ...fleet.sick, ...fleet.leaving].flatMap(({ name, startedAtMs }) =>
      startedAtMs === null ? [] : [[name, startedAtMs]],
    ),
  );
  const sick = Object.fromEntries(fleet.sick.map(({ name }) => [name, memory.sick[name] ?? nowMs]));
  const leaving = Object.fromEntries(fleet.leaving.map(({ name }) => [name, memory.leaving[name] ?? nowMs]));
  const zonesAway = Object.fromEntries(Object.entries(memory.zonesAway).filter(([, untilMs]) => untilMs > nowMs));
  return { ...memory, served, sick, leaving, zonesAway };
}

/** A zone, and how many instances it has. */
interface Zone {
  name: string;
  count: number;
}

/** Zones of the fleet by how many instances each has. Pure. @param among those that count */
export function zonesOf(places: readonly FleetPlace[], among: readonly FleetPlace[]): Zone[] {
  const names = [...new Set(places.map(({ zone }) => zone))].sort();
  return names.map((name) => ({ name, count: among.filter(({ zone }) => zone === name).length }));
}

/**
 * Where the next instance goes: to the zone that has the fewest, a dead host's place before an empty one. Pure.
 *
 * @param among instances that are there, or will be
 * @returns undefined: there is no place in any zone where something starts
 */
export function placeFor(
  places: readonly FleetPlace[],
  { dead, free }: Fleet,
  among: readonly FleetPlace[],
  zonesAway: Memory['zonesAway'],
): FleetPlace | undefined {
  const taken = new Set(among.map(({ name }) => name));
  const open = [...dead, ...free].filter(({ name, zone }) => !taken.has(name) && zonesAway[zone] === undefined);
  const zones = zonesOf(places, among).sort((x, y) => x.count - y.count);
  return zones.flatMap(({ name }) => open.filter(({ zone }) => zone === name)).at(0);
}

/**
 * Who goes: of the zone that has the most, the last one; never a zone's only one. Pure.
 *
 * @param among instances that stay if nobody goes
 * @returns undefined: each zone has one at most
 */
export function whoGoes(places: readonly FleetPlace[], among: readonly FleetPlace[]): FleetPlace | undefined {
  const order = new Map(places.map(({ name }, index) => [name, index]));
  const last = (zone: string) =>
    among
      .filter((each) => each.zone === zone)
      .sort((x, y) => (order.get(x.name) ?? 0) - (order.get(y.name) ?? 0))
      .at(-1);
  const found = zonesOf(places, among)
    .filter(({ count }) => count > 1)
    .sort((x, y) => y.count - x.count)
    .map(({ name, count }) => ({ place: last(name), count }));
  const [first] = found;
  return found
    .filter(({ count }) => count === first?.count)
    .map(({ place }) => place)
    .sort((x, y) => (order.get(y?.name ?? '') ?? 0) - (order.get(x?.name ?? '') ?? 0))
    .at(0);
}
