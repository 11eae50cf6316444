import type { FleetPlace } from '@sbmcrm/cloud';
import { type Bounds, BY_LOAD, type Capacity } from '@sbmcrm/spec/capacity';
import { type Fleet, isJudged, placeFor, remember, sortFleet, whoGoes, zonesOf } from './fleet.ts';
import { measure, windowMs } from './load.ts';
import { AWAY_MS, type Memory } from './memory.ts';
import { byLoad, judge, type Policy } from './policy.ts';

/** One call of the cloud. */
export interface Action {
  do: 'launch' | 'drain' | 'terminate';
  name: string;
  zone: string;
  /** In one line, for the log of events. */
  why: string;
}

export interface Decision {
  memory: Memory;
  actions: Action[];
  /** How many there are to be from now on, and why; missing: as many as before. */
  desired?: { count: number; why: string };
}

/** One that served and does not any more is given so long to come back by itself. */
const SICK_MS = 30_000;
/** Who is to go gets no new sessions for so long first. */
const DRAIN_MS = 10_000;
/**
 * So many launches in a row that came to nothing: what is launched is broken, and is left alone until it is another version. Once an hour
 * it is tried all the same: what it needed may be back.
 */
const MOST_FAILED = 3;
const HOUR_MS = 3_600_000;
/** Launches within an hour: all instances twice, and a few. Past that something is wrong that launches do not mend. */
const mostLaunches = ({ max }: Bounds) => 2 * max + 4;

/**
 * What is to be done now, and what is known from now on. Each look begins with what there is: whoever decides after another one was
 * killed decides the same. Pure.
 *
 * @param view places in their order, and when they were looked at, by the provider's clock
 * @param nowMs by the clock of whoever decides
 */
export function decide(
  policy: Policy,
  capacity: Capacity,
  before: Memory,
  view: { atMs: number; places: readonly FleetPlace[] },
  nowMs: number,
): Decision {
  const { places } = view;
  const fleet = sortFleet(places, before, policy.graceMs, nowMs);
  const launches = before.launches.filter((atMs) => nowMs - atMs < HOUR_MS);
  const { held: _held, ...known } = { ...remember(before, fleet, nowMs), launches };
  const memory: Memory = known;
  const decision: Decision = { memory, actions: [] };
  sendAway(decision, fleet, nowMs);
  // Without a word of any load balancer nobody can say who serves: what leaves goes on to leave, and nothing else happens.
  if (!isJudged(places)) return decision;
  const joins = fleet.serving.some(({ name, startedAtMs }) => before.served[name] !== startedAtMs);
  const version = places[0]?.version ?? '';
  countFailures(decision, fleet, { capacity, joins, version, graceMs: policy.graceMs }, nowMs);
  dropUnwell(decision, fleet, nowMs);
  const length = windowMs(Math.min(policy.up.forMs, policy.down.forMs));
  const { window, percent } = measure(memory, fleet.serving, view.atMs, length);
  const isMoving = fleet.starting.length + fleet.leaving.length + decision.actions.length > 0;
  const still = isMoving ? { ...decision.memory, changedAtMs: nowMs } : decision.memory;
  decision.memory = { ...judge({ ...still, window }, percent, policy, nowMs, length), window };
  // One step after the other: the next one only once as many serve as the last one wanted.
  const isThere = !isMoving && fleet.serving.length === capacity.desired && staying(fleet).length === capacity.desired;
  const wanted = isThere ? byLoad(decision.memory, capacity, policy, nowMs) : undefined;
  const desired = wanted?.desired ?? capacity.desired;
  if (wanted) {
    decision.desired = { count: wanted.desired, why: wanted.why };
    decision.memory = judgedAnew(decision.memory);
  }
  const why = wanted?.why ?? `${desired} are desired`;
  match(decision, { fleet, places, desired, bounds: capacity, why, nowMs });
  putBehind(decision, fleet);
  // Who comes is not to wait for who ends what it is at.
  decision.actions.sort((x, y) => ORDER.indexOf(x.do) - ORDER.indexOf(y.do));
  return decision;
}

const ORDER: readonly Action['do'][] = ['launch', 'drain', 'terminate'];

/** Hosts that are there, and were not told to go. */
const staying = ({ serving, partial, starting, sick, failed }: Fleet): FleetPlace[] => [
  ...serving,
  ...partial,
  ...starting,
  ...sick,
  ...failed,
];

/** A rule waits anew after each step. */
function judgedAnew({ hotSinceMs: _hot, coldSinceMs: _cold, ...memory }: Memory): Memory {
  return memory;
}

/** Whoever launched it was killed before it was behind the load balancers. */
function putBehind(decision: Decision, fleet: Fleet): void {
  for (const { name, zone, backend } of staying(fleet)) {
    if (backend !== null || decision.actions.some((each) => each.name === name)) continue;
    decision.actions.push({ do: 'launch', name, zone, why: 'it is not behind the load balancers' });
  }
}

/** Who is drained goes when its time is over; one that does not run any more at once. */
function sendAway(decision: Decision, { leaving }: Fleet, nowMs: number): void {
  for (const { name, zone, startedAtMs } of leaving) {
    const sinceMs = decision.memory.leaving[name] ?? nowMs;
    if (startedAtMs !== null && nowMs - sinceMs < DRAIN_MS && sinceMs <= nowMs) continue;
    decision.actions.push({ do: 'terminate', name, zone, why: 'it is drained' });
  }
}

/**
 * Counts launches that came to nothing, and sends them away. One that serves, another version, and somebody's word begin the count anew.
 * Where most never served, what they share may have been broken: those have their time once more, each, from when one serves.
 *
 * @param known.joins one serves for the first time
 */
function countFailures(
  decision: Decision,
  { failed, serving, partial }: Fleet,
  known: { capacity: Capacity; joins: boolean; version: string; graceMs: number },
  nowMs: number,
): void {
  const { memory } = decision;
  const { capacity, joins, version, graceMs } = known;
  const isAsked = capacity.by !== BY_LOAD && capacity.atMs > memory.failed.sinceMs;
  const isNew = joins || isAsked || version !== memory.failed.version;
  const { sinceMs, count, lastMs } = isNew ? { sinceMs: nowMs, count: 0, lastMs: 0 } : memory.failed;
  const launches = isAsked ? [] : memory.launches;
  decision.memory = { ...memory, launches, failed: { count, version, sinceMs, lastMs } };
  const [first] = failed;
  if (!first) return;
  const isMost = failed.length > serving.length + partial.length;
  if (isMost && (serving.length === 0 || nowMs - Math.max(sinceMs, lastMs) < graceMs)) {
    const held = 'most instances never served: what they share is broken, or they all are';
    decision.memory = { ...decision.memory, held };
    return;
  }
  decision.memory = { ...decision.memory, failed: { count: count + 1, version, sinceMs, lastMs: nowMs } };
  end(decision, first, 'it never served', nowMs);
}

/** Ends one at once. From then on it is one that leaves: should the end not come, it is asked for again, and counted once. */
function end(decision: Decision, { name, zone }: FleetPlace, why: string, nowMs: number): void {
  const { memory } = decision;
  decision.memory = { ...memory, leaving: { ...memory.leaving, [name]: nowMs } };
  decision.actions.push({ do: 'terminate', name, zone, why });
}

/**
 * Sends away an instance that does not serve any more. Not where most of them do not: what they all need is gone, and new ones would
 * need it, too.
 */
function dropUnwell(decision: Decision, { sick, partial, ...fleet }: Fleet, nowMs: number): void {
  const { memory } = decision;
  const serving = [...fleet.serving, ...partial];
  if (sick.length === 0) return;
  if (sick.length > serving.length) {
    const all = serving.length === 0 ? 'all instances are' : `${sick.length} of ${sick.length + serving.length} are`;
    decision.memory = {
      ...memory,
      held: `${all} unhealthy at once: what they share is broken, and new ones need it, too`,
    };
    return;
  }
  // One at a time: the others may come back.
  const longest = [...sick].sort((x, y) => (memory.sick[x.name] ?? nowMs) - (memory.sick[y.name] ?? nowMs)).at(0);
  if (!longest || nowMs - (memory.sick[longest.name] ?? nowMs) < SICK_MS) return;
  end(decision, longest, 'it is unhealthy, and the others are not', nowMs);
}

interface Matching {
  fleet: Fleet;
  places: readonly FleetPlace[];
  desired: number;
  bounds: Bounds;
  why: string;
  nowMs: number;
}

/** Launches what is missing, and drains what is too much. */
function match(decision: Decision, matching: Matching): void {
  const { fleet, desired } = matching;
  const going = new Set(decision.actions.map(({ name }) => name));
  // Whoever is sick counts: it may come back.
  const left = staying(fleet).filter(({ name }) => !going.has(name));
  if (left.length < desired) {
    launchMissing(decision, matching, left);
    return;
  }
  const unsure = [...fleet.partial, ...fleet.starting, ...fleet.sick, ...fleet.failed];
  if (unsure.length > 0 || going.size > 0) return;
  if (left.length > desired) {
    drainSurplus(decision, matching, left);
    return;
  }
  if (balance(decision, matching, left)) return;
  // What does not run, and is not needed, is no host of anybody's.
  for (const { name, zone } of fleet.dead) {
    if (decision.memory.zonesAway[zone] !== undefined) continue;
    decision.actions.push({ do: 'terminate', name, zone, why: 'its host does not run, and nobody needs it' });
  }
}

function launchMissing(decision: Decision, matching: Matching, left: readonly FleetPlace[]): void {
  const { fleet, places, desired, bounds, nowMs } = matching;
  const among = [...left];
  while (among.length < desired) {
    const { memory } = decision;
    const held = whyHeld(memory, bounds, nowMs);
    const place = placeFor(places, fleet, among, memory.zonesAway);
    if (held !== undefined || place === undefined) {
      const none = 'there is no place for another one in a zone where something starts';
      decision.memory = { ...memory, held: held ?? none };
      return;
    }
    decision.actions.push(launch(place, fleet, matching.why));
    among.push(place);
    decision.memory = { ...memory, launches: [...memory.launches, nowMs], changedAtMs: nowMs };
  }
}

function launch(place: FleetPlace, { dead }: Fleet, why: string): Action {
  const { name, zone } = place;
  return { do: 'launch', name, zone, why: dead.includes(place) ? 'its host does not run any more' : why };
}

function whyHeld({ failed, launches }: Memory, bounds: Bounds, nowMs: number): string | undefined {
  if (failed.count >= MOST_FAILED && nowMs - failed.lastMs < HOUR_MS)
    return `${failed.count} launches in a row never served: see the log of the last one`;
  if (launches.length >= mostLaunches(bounds)) return `${launches.length} launches within an hour: no more for now`;
  return undefined;
}

function drainSurplus(
  decision: Decision,
  { places, desired, why, nowMs }: Matching,
  left: readonly FleetPlace[],
): void {
  const among = [...left];
  while (among.length > desired) {
    const place = whoGoes(places, among);
    if (!place) {
      decision.memory = { ...decision.memory, held: 'each zone keeps its last instance' };
      return;
    }
    leave(decision, place, why, nowMs);
    among.splice(among.indexOf(place), 1);
  }
}

function leave(decision: Decision, { name, zone }: FleetPlace, why: string, nowMs: number): void {
  decision.actions.push({ do: 'drain', name, zone, why });
  const { memory } = decision;
  decision.memory = { ...memory, leaving: { ...memory.leaving, [name]: nowMs }, changedAtMs: nowMs };
}

/**
 * As many in one zone as in another, or one more: one comes before one goes, where there may be one more.
 *
 * @returns whether they are not
 */
function balance(decision: Decision, matching: Matching, left: readonly FleetPlace[]): boolean {
  const { fleet, places, desired, bounds, nowMs } = matching;
  const zones = zonesOf(places, left).sort((x, y) => x.count - y.count);
  const [poorest, richest] = [zones.at(0), zones.at(-1)];
  if (!poorest || !richest || richest.count - poorest.count < 2) return false;
  const why = `zone ${poorest.name} has ${poorest.count}, zone ${richest.name} has ${richest.count}`;
  const place = placeFor(places, fleet, left, decision.memory.zonesAway);
  if (place?.zone !== poorest.name || whyHeld(decision.memory, bounds, nowMs) !== undefined) return true;
  if (desired < bounds.max) {
    decision.actions.push(launch(place, fleet, why));
    const { memory } = decision;
    decision.memory = { ...memory, launches: [...memory.launches, nowMs], changedAtMs: nowMs };
    return true;
  }
  // Where its own hosts are dead a zone may be lost: nobody goes for it.
  const isLost = fleet.dead.some(({ zone }) => zone === poorest.name);
  const goes = desired > bounds.min && !isLost ? whoGoes(places, left) : undefined;
  if (goes) leave(decision, goes, why, nowMs);
  return true;
}

/** Nothing came of a launch: it counts for nothing, and for a while other zones are taken. Pure. */
export function withoutZone(before: Memory, after: Memory, zone: string, nowMs: number): Memory {
  return {
    ...after,
    zonesAway: { ...after.zonesAway, [zone]: nowMs + AWAY_MS },
    launches: after.launches.slice(0, -1),
    changedAtMs: before.changedAtMs,
  };
}
