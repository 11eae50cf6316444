import { type Host, PORTS } from '@sbmcrm/topology';
import { probeHttp } from '../common/http.ts';

export interface DatabaseMember {
  name: string;
  zone: string;
  role: 'primary' | 'standby' | 'replica';
  state: 'running' | 'starting' | 'stopped' | 'failed' | 'unknown';
  timeline: number | null;
  /** Behind the primary; null if unknown. */
  lagBytes: number | null;
  lagSeconds: number | null;
}

export interface DatabaseStatus {
  primary: string | null;
  replicationMode: 'async' | 'sync';
  /** Every acknowledged write is on a second host now. */
  protected: boolean;
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
  xlog?: { replayed_timestamp?: string | null };
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
 * A member's state in its own words: the cluster's record of it in etcd may be from before it was stopped. A standby that
 * runs but does not stream from the primary is not there yet, and may never get there.
 */
function memberState({ state = '', replication_state }: PatroniSelf, isPrimary: boolean): DatabaseMember['state'] {
  return state === 'running' && !isPrimary && replication_state !== 'streaming'
    ? 'starting'
    : (STATES[state] ?? 'unknown');
}

/**
 * Puts together what the members of the cluster say: pure.
 *
 * @param hosts the topology's database hosts and read replicas
 * @param cluster what one Patroni says of all, or undefined if none answered
 * @param selves what each Patroni says of its own PostgreSQL
 * @param now milliseconds since the epoch
 */
export function databaseStatus(
  hosts: readonly Host[],
  replicationMode: 'async' | 'sync',
  cluster: readonly PatroniMember[] | undefined,
  selves: ReadonlyMap<string, PatroniSelf>,
  now: number,
): DatabaseStatus {
  const members = hosts.map((host): DatabaseMember => {
    const listed = cluster?.find((member) => member.name === host.name);
    const self = selves.get(host.name);
    const isPrimary = listed?.role === 'leader' && self?.role !== 'replica';
    const lagBytes = isPrimary ? 0 : typeof listed?.lag === 'number' ? listed.lag : null;
    const replayed = self?.xlog?.replayed_timestamp ? Date.parse(self.xlog.replayed_timestamp) : Number.NaN;
    // A caught-up standby of an idle primary has replayed nothing lately: it lags by nothing all the same.
    const lagSeconds =
      lagBytes === 0 ? 0 : lagBytes === null || Number.isNaN(replayed) ? null : Math.max(0, (now - replayed) / 1000);
    return {
      name: host.name,
      zone: host.zone,
      role: isPrimary ? 'primary' : host.role === 'read-replica' ? 'replica' : 'standby',
      state: self && listed ? memberState(self, isPrimary) : 'unknown',
      timeline: self?.timeline ?? null,
      lagBytes,
      lagSeconds,
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

/** Asks every Patroni at once. Takes at most about a second. */
export async function probeDatabase(
  hosts: readonly Host[],
  replicationMode: 'async' | 'sync',
): Promise<DatabaseStatus> {
  const base = (host: Host) => `http://${host.address}:${PORTS.patroni}`;
  const selves = new Map<string, PatroniSelf>();
  const clusters: PatroniMember[][] = [];
  await Promise.all(
    hosts.map(async (host) => {
      const [self, cluster] = await Promise.all([
        probeHttp(`${base(host)}/patroni`),
        probeHttp(`${base(host)}/cluster`),
      ]);
      if (self?.json) selves.set(host.name, self.json as PatroniSelf);
      const members = (cluster?.json as { members?: PatroniMember[] } | undefined)?.members;
      if (members) clusters.push(members);
    }),
  );
  // The member that sees a leader knows most.
  const cluster = clusters.find((members) => members.some((member) => member.role === 'leader')) ?? clusters[0];
  return databaseStatus(hosts, replicationMode, cluster, selves, Date.now());
}
