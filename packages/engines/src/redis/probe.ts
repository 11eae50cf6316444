import { type Host, PORTS } from '@sbmcrm/topology';
import type { Secrets } from '../common/context.ts';
import { type RunOnRedis, withRedis } from './connection.ts';
import { REDIS_MASTER_NAME } from './names.ts';

export interface CacheMember {
  name: string;
  zone: string;
  role: 'primary' | 'standby' | 'unknown';
  /** A standby that is connected to its primary and in step. */
  linked: boolean;
}

export interface CacheStatus {
  primary: string | null;
  members: CacheMember[];
  sentinels: { up: number; of: number; quorum: number };
}

/**
 * Who is primary: the one that calls itself so and that the Sentinels name (a returned old primary may still call
 * itself so). Pure.
 *
 * @param roles by host name: what each Redis says of itself
 * @param named address of the primary by each Sentinel that answered
 */
export function cacheStatus(
  hosts: readonly Host[],
  roles: ReadonlyMap<string, { role: 'master' | 'slave'; linked: boolean }>,
  named: readonly string[],
  sentinels: { of: number; quorum: number },
): CacheStatus {
  const votes = (host: Host) => named.filter((address) => address === host.address).length;
  const chosen = hosts.reduce<Host | undefined>(
    (best, host) => (votes(host) > (best ? votes(best) : 0) ? host : best),
    undefined,
  );
  const members = hosts.map((host): CacheMember => {
    const self = roles.get(host.name);
    const role = !self
      ? 'unknown'
      : self.role === 'master' && host === chosen
        ? 'primary'
        : self.role === 'slave'
          ? 'standby'
          : 'unknown';
    return { name: host.name, zone: host.zone, role, linked: self?.role === 'slave' && self.linked };
  });
  return {
    primary: members.find((member) => member.role === 'primary')?.name ?? null,
    members,
    sentinels: { up: named.length, ...sentinels },
  };
}

/**
 * Asks every Redis and every Sentinel at once. Takes at most about a second.
 *
 * @param run default: a new connection for each
 */
export async function probeCache(
  hosts: readonly Host[],
  sentinels: readonly Host[],
  quorum: number,
  secrets: Secrets,
  run: RunOnRedis = withRedis,
): Promise<CacheStatus> {
  const roles = new Map<string, { role: 'master' | 'slave'; linked: boolean }>();
  const named: string[] = [];
  await Promise.all([
    ...hosts.map(async (host) => {
      const answer = await run(
        host.address,
        PORTS.redis,
        secrets.redis,
        (redis) => redis.call('ROLE') as Promise<unknown[]>,
      );
      if (answer?.[0] === 'master') roles.set(host.name, { role: 'master', linked: false });
      if (answer?.[0] === 'slave') roles.set(host.name, { role: 'slave', linked: answer[3] === 'connected' });
    }),
    ...sentinels.map(async (host) => {
      const address = await sentinelMaster(host, secrets, run);
      if (address) named.push(address);
    }),
  ]);
  return cacheStatus(hosts, roles, named, { of: sentinels.length, quorum });
}

/** The primary's address as one Sentinel has it; undefined when it does not answer. */
export async function sentinelMaster(
  host: Pick<Host, 'address'>,
  secrets: Pick<Secrets, 'sentinel'>,
  run: RunOnRedis = withRedis,
): Promise<string | undefined> {
  const answer = await run(
    host.address,
    PORTS.sentinel,
    secrets.sentinel,
    (redis) => redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', REDIS_MASTER_NAME) as Promise<string[] | null>,
  );
  return answer?.[0];
}
