import {
  type CacheStatus,
  type RefusedLogin,
  refusedCertificates,
  refusingCaches,
  type Secrets,
  sentinelHosts,
} from '@sbmcrm/engines';
import { hostsInRole } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';
import { refusedBy } from './database.ts';

/** Who cannot log in where, with the platform's own secrets. */
export interface RefusedLogins {
  /** By the primary. */
  roles: RefusedLogin[];
  caches: Awaited<ReturnType<typeof refusingCaches>>;
  /** Members of etcd. */
  voters: { host: string; reason: string }[];
}

/** Looks for logins that are refused. @param seen who is primary, and what is known of the cache */
export async function lookAtLogins(
  platform: Pick<Platform, 'cloud' | 'topology'>,
  secrets: Secrets,
  seen: { primary: string | null; cache: CacheStatus },
): Promise<RefusedLogins> {
  const { topology } = platform;
  const [roles, caches, voters] = await Promise.all([
    seen.primary === null ? undefined : refusedBy(platform, seen.primary, secrets),
    isWell(seen.cache) ? [] : refusingCaches(hostsInRole(topology, 'cache'), sentinelHosts(topology), secrets),
    refusedCertificates(topology, secrets),
  ]);
  return { roles: roles ?? [], caches, voters };
}

/** Whether every server of the cache answered, with our passwords, and the standby is in step. Pure. */
function isWell({ primary, members, sentinels }: CacheStatus): boolean {
  const follows = members.every((member) => member.name === primary || member.linked);
  return primary !== null && follows && sentinels.up === sentinels.of;
}
