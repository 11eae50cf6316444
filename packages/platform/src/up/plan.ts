import { type Comparison, type Fault, type FaultKinds, type HostStatus, touchedHosts } from '@sbmcrm/cloud';
import { ENGINES, enginesOf } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import { hostsWith, type ServiceName, type Topology } from '@sbmcrm/topology';
import type { Damage } from '../repair/damage.ts';

/**
 * One thing that `up` does. Steps are done in their order; a step that finds its work done already does no harm.
 *
 * - `end-orphan`: a platform runs whose state folder was deleted
 * - `make-certificates`: those there are have ended, or do not name every member; who has the old ones takes them over
 * - `remove-host`: the spec has it no more
 * - `stop-hosts`: they cannot go on as they are, and are started anew; `inOrder`, if they can end by themselves
 * - `define-hosts`: they are new, or defined in another way
 * - `start-hosts`: all at once; with `first`, others of the database wait until it leads. Of those that are fenced the fences that were
 *   seen are lifted, each once its host leads no more
 * - `start-services`: somebody stopped them on hosts that run
 * - `take-over`: services that run with another configuration are reloaded or restarted
 * - `renew-host`: its disk was deleted while it ran, so that it gets an empty one and its data from the others; or it runs the code of
 *   another folder, or other services than it should. It is stopped in good order and started again
 * - `make-room`: its quota is used up; what nobody needs is given back. Found while `up` waits for it
 * - `set-logins`: somebody changed a password, or a role's rights; they get back what the secrets say. Found while `up` looks at that part
 * - `repair`: data are of no use any more; they are given up, and come again from the others. Found while `up` waits for their host
 */
export type Step =
  | { do: 'install-packages'; packages: string[] }
  | { do: 'end-orphan' }
  | { do: 'build-image' }
  | { do: 'make-platform'; network: string }
  | { do: 'make-certificates' }
  | { do: 'connect'; network: string }
  | { do: 'start-cloud' }
  | { do: 'remove-host'; host: string }
  | { do: 'stop-hosts'; hosts: string[]; inOrder?: true }
  | { do: 'define-hosts'; hosts: string[] }
  | { do: 'start-hosts'; hosts: string[]; first?: string; later?: string[]; fences?: { host: string; token: string }[] }
  | { do: 'start-services'; services: { host: string; service: string }[] }
  | { do: 'take-over'; host: string; services: string[] }
  | { do: 'renew-host'; host: string; because: 'disk' | 'code' | 'services' }
  | { do: 'make-room'; service: string }
  | { do: 'set-logins'; host: string; service: ServiceName; logins: string[] }
  | { do: 'repair'; host: string; part: Damage['part']; reason: string };

/** What `up` finds. */
export interface Found {
  hosts: readonly HostStatus[];
  faults: readonly Fault[];
  kinds: FaultKinds;
  /** Every host of the topology against its definition, by name. */
  comparisons: ReadonlyMap<string, Comparison>;
  /** Hosts whose link into the network somebody deleted. */
  unlinked: ReadonlySet<string>;
  /** The database host that is primary now. */
  primary: string | null;
  /** The one that was so last, by the disks; null: none ever was. */
  lastPrimary: string | null;
  /** What the spec said that was applied last, so also which hosts were there that are gone; undefined: nobody knows. */
  applied: Topology | undefined;
}

/** Services whose members cannot move. */
const VOTING = (Object.keys(ENGINES) as ServiceName[]).filter((name) => ENGINES[name].votes);

/** Whether a service is one whose members vote. */
export const isVoting = (service: string): boolean => VOTING.includes(service as ServiceName);

/**
 * What `up` does to hosts that are as found, so that they become what the topology says. Nothing for a platform that is so already.
 * Pure.
 *
 * @throws ToolError SPEC_CONTRADICTS when a host with data or a vote would go: engines must be told first, which is not done here
 */
export function planUp(topology: Topology, found: Found): Step[] {
  const gone = hostsToRemove(topology, found);
  const present = found.hosts.filter((host) => !gone.includes(host));
  const broken = present.filter(
    (host) =>
      host.initPid !== null && (host.diskFailed || found.unlinked.has(host.name)) && !isLast(host, topology, found),
  );
  const excused = faultedHosts(found.kinds, present, found.faults);
  const outdated = present.filter(
    (host) =>
      comparisonOf(found, host.name).mustRestart &&
      !isQuiet(host, topology) &&
      host.state === 'running' &&
      // Those are started again one after the other once all is well, see renew.ts.
      !host.diskGone &&
      !excused.has(host.name) &&
      !broken.includes(host),
  );
  const known = new Set(present.map(({ name }) => name));
  const defined = topology.hosts
    .map(({ name }) => name)
    .filter((name) => !known.has(name) || comparisonOf(found, name).isOther);
  const starting = hostsToStart(topology, present, [...broken, ...outdated]);
  const running = present.filter(
    ({ name, state }) => state === 'running' && !excused.has(name) && !starting.includes(name),
  );
  const services = running.flatMap((host) =>
    // What it was not started with it cannot start.
    (comparisonOf(found, host.name).mustRestart ? [] : host.services)
      // What another service starts is left to that one.
      .filter((each) => each.state === 'down' && each.startedBy === undefined)
      .map((each) => ({ host: host.name, service: each.name })),
  );
  const changes = present
    .filter(({ name }) => !excused.has(name) && !starting.includes(name) && !comparisonOf(found, name).mustRestart) // those start with the new configuration
    .map(({ name }): [string, string[]] => [name, comparisonOf(found, name).changed])
    .filter(([, changed]) => changed.length > 0);
  return [
    ...gone.map(({ name }): Step => ({ do: 'remove-host', host: name })),
    ...stepIf(broken, { do: 'stop-hosts', hosts: broken.map(({ name }) => name) }),
    ...stepIf(outdated, { do: 'stop-hosts', hosts: outdated.map(({ name }) => name), inOrder: true }),
    ...stepIf(defined, { do: 'define-hosts', hosts: defined }),
    ...stepIf(starting, {
      do: 'start-hosts',
      hosts: starting,
      ...orderOfStart(topology, found, starting),
      ...fencesOf(present),
    }),
    ...stepIf(services, { do: 'start-services', services }),
    ...changeOrder(changes, found.primary).map(([host, each]): Step => ({ do: 'take-over', host, services: each })),
  ];
}

/** Steps about hosts by when they are done: once hosts are defined, the spec counts as applied. Pure. */
export function byPhase(steps: readonly Step[]): Record<'define' | 'start' | 'takeOver', Step[]> {
  const phaseOf = ({ do: what }: Step) =>
    what === 'take-over' ? 'takeOver' : what === 'start-hosts' || what === 'start-services' ? 'start' : 'define';
  return {
    define: steps.filter((step) => phaseOf(step) === 'define'),
    start: steps.filter((step) => phaseOf(step) === 'start'),
    takeOver: steps.filter((step) => phaseOf(step) === 'takeOver'),
  };
}

/**
 * Whether a host has no other services than it should but such as nobody waits for: it goes on as it is, and is started again once all is
 * well, when nobody else of its kind is. Pure.
 */
function isQuiet({ name, services }: HostStatus, topology: Topology): boolean {
  const before = services.filter(({ startedBy }) => startedBy === undefined).map((each) => each.name);
  const after: string[] = topology.hosts.find((host) => host.name === name)?.services ?? [];
  const other = [...before, ...after].filter((each) => !before.includes(each) || !after.includes(each));
  const engines = enginesOf(other.map((each) => ({ name: each })));
  // Of one that is not known here nobody can tell.
  return engines.length === other.length && engines.every(({ member, damage }) => !member && !damage);
}

/** A repair as a step. Pure. */
export const repairStep = ({ host, part, reason }: Damage): Step => ({ do: 'repair', host, part, reason });

const stepIf = (reasons: readonly unknown[], step: Step): Step[] => (reasons.length > 0 ? [step] : []);

const comparisonOf = ({ comparisons }: Found, name: string): Comparison =>
  comparisons.get(name) ?? {
    isKnown: true,
    isNew: false,
    isOther: false,
    changed: [],
    reloads: [],
    mustRestart: false,
  };

/**
 * Whether a host whose disk was deleted may have the last good data of its role: to stop it is to lose them. Others count where they run
 * with a disk that is well; of those with a vote it takes a majority.
 */
function isLast(host: HostStatus, topology: Topology, { hosts, unlinked }: Found): boolean {
  const roles = new Map(topology.hosts.map(({ name, role }) => [name, role]));
  const role = roles.get(host.name);
  if (!host.diskGone || (role !== 'database' && role !== 'cache' && role !== 'quorum')) return false;
  const isWell = (other: HostStatus) =>
    other.state === 'running' && !other.diskGone && !other.diskFailed && !unlinked.has(other.name);
  const well = hosts.filter((other) => other.name !== host.name && roles.get(other.name) === role && isWell(other));
  const members = topology.hosts.filter((each) => each.role === role).length;
  return well.length < (role === 'quorum' ? Math.floor(members / 2) + 1 : 1);
}

/** Read replicas, API servers past the last slot, and those that keep nothing that anybody else needs. */
function hostsToRemove(topology: Topology, found: Found): HostStatus[] {
  const { hosts } = found;
  const known = [...topology.hosts, ...topology.apiSlots];
  // A server that moved to another zone is another host with the same name.
  const gone = hosts.filter((host) => !known.some((each) => each.name === host.name && each.address === host.address));
  const isExpendable = ({ name, services }: HostStatus) =>
    /^replica-/.test(name) ||
    services.some((each) => each.name === 'api') ||
    // Of an engine that is not known here nobody can tell.
    (services.length > 0 && enginesOf(services).filter(({ expendable }) => expendable).length === services.length);
  const kept = gone.find((host) => !isExpendable(host));
  if (kept) {
    throw new ToolError(
      'SPEC_CONTRADICTS',
      `the spec has no host ${kept.name} any more, but it holds data or a vote: change the spec back, or start anew with \`sbmcrm down --purge\``,
    );
  }
  for (const service of VOTING) {
    const members = hosts.filter(({ services }) => services.some((each) => each.name === service));
    // A member whose host somebody deleted has not moved.
    const before = (found.applied ? hostsWith(found.applied, service) : members).map(({ name }) => name);
    const after = hostsWith(topology, service).map((host) => host.name);
    // While none of them ever ran, the first `up` was cut short, and there is no quorum yet.
    const isThere = members.some(({ name }) => !comparisonOf(found, name).isNew);
    if (isThere && before.sort().join() !== after.sort().join()) {
      throw new ToolError(
        'SPEC_CONTRADICTS',
        `the spec moves ${service} from ${before.join(', ')} to ${after.join(', ')}, which a running platform cannot follow: change the zones back, or start anew with \`sbmcrm down --purge\``,
      );
    }
  }
  return gone;
}

/** What is stopped, fenced or about to be, and what is new; servers made at run time, too. */
function hostsToStart(topology: Topology, present: readonly HostStatus[], broken: readonly HostStatus[]): string[] {
  const names = new Set(present.map(({ name }) => name));
  const made = topology.hosts.map(({ name }) => name).filter((name) => !names.has(name));
  const stopped = present.filter((host) => host.initPid === null || broken.includes(host)).map(({ name }) => name);
  return [...stopped, ...made].sort();
}

function fencesOf(present: readonly HostStatus[]): { fences?: { host: string; token: string }[] } {
  const fences = present.flatMap(({ name, fence }) => (fence ? [{ host: name, token: fence.token }] : []));
  return fences.length > 0 ? { fences } : {};
}

/**
 * The database host that must lead before any other may start: the last primary, unless there is a primary now. It may be running
 * already and still recover, when an earlier command was cut short.
 */
function orderOfStart(
  topology: Topology,
  { primary, lastPrimary }: Found,
  starting: readonly string[],
): { first?: string; later?: string[] } {
  const databases = topology.hosts.filter(({ role }) => role === 'database').map(({ name }) => name);
  if (lastPrimary === null || primary !== null || !databases.some((name) => starting.includes(name))) return {};
  // With one of the others running, Patroni has been choosing among them for a while: it knows better than the disks.
  const others = databases.filter((name) => name !== lastPrimary);
  if (others.some((name) => !starting.includes(name)) || others.length === 0) return {};
  return { first: lastPrimary, later: others };
}

/** Hosts in the order of taking over new configuration: those with a vote first, as others need them; the database's primary last. Pure. */
export function changeOrder(changes: Iterable<[string, string[]]>, primary: string | null): [string, string[]][] {
  const place = ([name, services]: [string, string[]]) => {
    if (name === primary) return 2;
    return services.some(isVoting) ? 0 : 1;
  };
  return [...changes].sort((x, y) => place(x) - place(y) || x[0].localeCompare(y[0]));
}

/**
 * Hosts that an active fault keeps, or may keep, from being healthy: `up` does not wait for them. When two zones are cut
 * apart, hosts of either may lack what they need: those of both are left out. Pure.
 */
export function faultedHosts(kinds: FaultKinds, hosts: readonly HostStatus[], faults: readonly Fault[]): Set<string> {
  const faulted = new Set(faults.flatMap((fault) => touchedHosts(kinds, fault, hosts)));
  for (const host of hosts) if (host.state === 'isolated' || host.state === 'paused') faulted.add(host.name);
  return faulted;
}
