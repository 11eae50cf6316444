import { probeHttp } from '@sbmcrm/http';
import { type Host, PORTS } from '@sbmcrm/topology';
import { type Maintenance, readMaintenance } from './hold/maintenance.ts';
import { lagOf, type XlogState } from './lag.ts';

export interface DatabaseMember {
  name: string;
  zone: string;
  role: 'primary' | 'standby' | 'replica';
  state: 'running' | 'starting' | 'stopped' | 'failed' | 'unknown';
  timeline: number | null;
  /** Behind the primary; null if unknown. */
  lagBytes: number | null;
  lagSeconds: number | null;
  /** Somebody stopped its replay: it falls behind until that is taken back. */
  replayPaused?: true;
}

export interface DatabaseStatus {
  primary: string | null;
  replicationMode: 'async' | 'sync';
  /** Every acknowledged write is on a second host now. */
  protected: boolean;
  /** Nobody takes over from a primary that fails, and nothing is started or copied by itself. */
  maintenance?: Maintenance;
  members: DatabaseMember[];
}

/** One member in Patroni's `GET /cluster`. */
export interface PatroniMember {
  name: string;
  role: string;
  state: string;
  timeline?: number;
  lag?: number | string;
}

/** The part of Patroni's `GET /patroni` that is used here. */
export interface PatroniSelf {
  role?: string;
  state?: string;
  /** `streaming` on a standby that follows its primary. */
  replication_state?: string;
  timeline?: number;
  xlog?: XlogState;
  /** Patroni decides nothing. */
  pause?: boolean;
}

const STATES: Record<string, DatabaseMember['state']> = {
  running: 'running',
  starting: 'starting',
  restarting: 'starting',
  'creating replica': 'starting',
  'initializing new cluster': 'starting',
  'running custom bootstrap script': 'starting',
  stopping: 'stopped',
  stopped: 'stopped',
  'start failed': 'failed',
  'restart failed': 'failed',
  'initdb failed': 'failed',
  crashed: 'failed',
};

/**
 * A member's state in its own words: the cluster's record of it in etcd may be from before it was stopped. A standby that runs but does
 * not stream from the primary is not there yet, and may never get there; one that streams is, though Patroni looks only once a second
 * whether it has started.
 */
function memberState({ state = '', replication_state }: PatroniSelf, isPrimary: boolean): DatabaseMember['state'] {
  const known = STATES[state] ?? 'unknown';
  if (isPrimary || (known !== 'running' && known !== 'starting')) return known;
  return replication_state === 'streaming' ? 'running' : 'starting';
}

/**
 * Puts together what the members of the cluster say: pure.
 *
 * @param hosts the topology's database hosts and read replicas
 * @param cluster what one Patroni says of all, or undefined if none answered
 * @param selves what each Patroni says of its own PostgreSQL; the primary's answer is the oldest: who has replayed as far as it
 *   says has caught up
 * @param now milliseconds since the epoch
 */
export function databaseStatus(
  hosts: readonly Host[],
  replicationMode: 'async' | 'sync',
  cluster: readonly PatroniMember[] | undefined,
  selves: ReadonlyMap<string, PatroniSelf>,
  now: number,
): DatabaseStatus {
  const leads = (name: string) =>
    cluster?.some((member) => member.name === name && member.role === 'leader') && selves.get(name)?.role !== 'replica';
  const leader = hosts.find((host) => leads(host.name));
  const written = leader && selves.get(leader.name)?.xlog?.location;
  const members = hosts.map((host): DatabaseMember => {
    const listed = cluster?.find((member) => member.name === host.name);
    const self = selves.get(host.name);
    const isPrimary = host === leader;
    const { lagBytes, lagSeconds } = isPrimary
      ? { lagBytes: 0, lagSeconds: 0 }
      : lagOf(self?.xlog, written, typeof listed?.lag === 'number' ? listed.lag : null, now);
    return {
      name: host.name,
      zone: host.zone,
      role: isPrimary ? 'primary' : host.role === 'read-replica' ? 'replica' : 'standby',
      state: self && listed ? memberState(self, isPrimary) : 'unknown',
      timeline: self?.timeline ?? null,
      lagBytes,
      lagSeconds,
      ...(!isPrimary && self?.xlog?.paused === true ? { replayPaused: true } : {}),
    };
  });
  const primary = members.find((member) => member.role === 'primary' && member.state === 'running');
  const synced = cluster?.some(
    (member) =>
      member.role === 'sync_standby' && members.some((each) => each.name === member.name && each.state === 'running'),
  );
  return {
    primary: primary?.name ?? null,
    replicationMode,
    protected: replicationMode === 'sync' && primary !== undefined && synced === true,
    members,
  };
}

/** Whether a host's PostgreSQL is on its way up, e.g. recovering after a crash: not whether it may ever lead. */
export async function isStarting(host: Host): Promise<boolean> {
  const answer = await probeHttp(`http://${host.address}:${PORTS.patroni}/patroni`);
  const { state } = (answer?.json ?? {}) as PatroniSelf;
  return state === 'starting' || state === 'restarting';
}

/** Long enough for what is on its way at the first look to be replayed at the second. */
const SECOND_LOOK_MS = 250;

/**
 * Asks every Patroni at once; those that seem to be behind, twice: after an idle hour one write on its way looks like an hour.
 * Takes at most about two seconds, mostly none.
 *
 * @param mayAsk asked before the second time: whether the hosts' addresses still are theirs
 */
export async function probeDatabase(
  hosts: readonly Host[],
  replicationMode: 'async' | 'sync',
  mayAsk: () => boolean = () => true,
): Promise<DatabaseStatus> {
  const base = (host: Host) => `http://${host.address}:${PORTS.patroni}`;
  const askSelf = async (host: Host) => {
    const self = await probeHttp(`${base(host)}/patroni`);
    if (self?.json) selves.set(host.name, self.json as PatroniSelf);
  };
  const selves = new Map<string, PatroniSelf>();
  await Promise.all(hosts.map(askSelf));
  const ask = () =>
    askCluster(
      hosts.filter((host) => selves.has(host.name)),
      (host) => isPrimaryRole(selves.get(host.name)?.role),
      base,
    );
  let cluster = await ask();
  if (!cluster && selves.size > 0) {
    // On a busy machine an answer may take longer than it is waited for; without it nobody would be the primary.
    await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
    if (mayAsk()) cluster = await ask();
  }
  // Asked only where there is one.
  const isPaused = [...selves.values()].some(({ pause }) => pause === true);
  const maintenance = isPaused ? await readMaintenance(hosts.filter((host) => selves.has(host.name))) : undefined;
  const look = () => ({
    ...databaseStatus(hosts, replicationMode, cluster, selves, Date.now()),
    ...(maintenance ? { maintenance } : {}),
  });
  const first = look();
  const behind = hosts.filter((host) => seemsBehind(first.members.find((member) => member.name === host.name)));
  if (behind.length === 0) return first;
  await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
  if (!mayAsk()) return first;
  await Promise.all(behind.map(askSelf));
  return look();
}

/** Patroni's words for the one that leads, by version. */
function isPrimaryRole(role: string | undefined): boolean {
  return role === 'primary' || role === 'master';
}

/**
 * The cluster's record as one member has it: the primary's, or another one's that sees a leader. Each answer costs that member a
 * question to etcd, so one is enough.
 */
async function askCluster(
  hosts: readonly Host[],
  isPrimary: (host: Host) => boolean,
  base: (host: Host) => string,
): Promise<PatroniMember[] | undefined> {
  const ask = async (host: Host) => {
    const answer = await probeHttp(`${base(host)}/cluster`);
    return (answer?.json as { members?: PatroniMember[] } | undefined)?.members;
  };
  const seesLeader = (members: PatroniMember[] | undefined) => members?.some(({ role }) => role === 'leader') === true;
  const first = hosts.find(isPrimary);
  const known = first && (await ask(first));
  if (seesLeader(known)) return known;
  const others = await Promise.all(hosts.filter((host) => host !== first).map(ask));
  return others.find(seesLeader) ?? known ?? others.find((members) => members !== undefined);
}

/** A second of lag may be an idle hour's. A paused replay needs no second look: nothing is on its way. */
function seemsBehind(member: DatabaseMember | undefined): boolean {
  return member !== undefined && !member.replayPaused && (member.lagSeconds ?? 0) > 1;
}
