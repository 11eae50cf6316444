import type { HostStatus } from '@sbmcrm/cloud';
import { type CacheStatus, type DamageCheck, type DatabaseStatus, ENGINES, etcdHosts } from '@sbmcrm/engines';
import type { ServiceName } from '@sbmcrm/topology';
import type { MembersUp } from '../members-up.ts';
import type { Platform } from '../opened.ts';
import { endOfLog } from './hosts.ts';
import { damageIn } from './signs.ts';

/** Data that are of no use any more: what has them never comes up by itself. */
export interface Damage extends Suspect {
  code: DamageCheck['problem'];
  /** In a few words. */
  reason: string;
  /** When it was said last, in milliseconds since the epoch. */
  atMs: number;
}

/** A host with data of a part of the platform. */
export interface Suspect {
  host: string;
  part: DamageCheck['part'];
}

/** What was seen of those that have data. */
export interface SeenMembers {
  hosts: readonly Pick<HostStatus, 'name' | 'state'>[];
  membersUp: MembersUp;
  database: Pick<DatabaseStatus, 'primary' | 'members' | 'maintenance'>;
  cache: Pick<CacheStatus, 'primary' | 'members'>;
}

/** The service that has the data of a part, and how damage to them is known. */
export function checkOf(part: Suspect['part']): { service: ServiceName; check: DamageCheck } {
  for (const [service, { damage }] of Object.entries(ENGINES)) {
    if (damage?.part === part) return { service: service as ServiceName, check: damage };
  }
  throw new Error(`no service has the data of the ${part}`);
}

/** Who is not well though its host runs: its log may tell why. Pure. @param excused hosts under a fault */
export function suspectsOf(
  { topology }: Pick<Platform, 'topology'>,
  { hosts, database, cache, membersUp }: SeenMembers,
  excused: ReadonlySet<string> = new Set(),
): Suspect[] {
  const runs = (name: string) =>
    !excused.has(name) && hosts.some((host) => host.name === name && host.state === 'running');
  const voters = etcdHosts(topology).filter(({ name }) => !membersUp.etcd?.includes(name));
  const caches = cache.members.filter(({ role, linked }) => role !== 'primary' && !linked);
  const servers = database.members.filter(({ role, state }) => role !== 'primary' && state !== 'running');
  const of = (part: Suspect['part'], members: readonly { name: string }[]) =>
    members.filter(({ name }) => runs(name)).map(({ name }): Suspect => ({ host: name, part }));
  return [...of('quorum', voters), ...of('cache', caches), ...of('database', servers)];
}

/** What the logs of those say. @param sinceMs by host: what was said before counts for nothing; milliseconds since the epoch */
export async function findDamage(
  { cloud }: Pick<Platform, 'cloud'>,
  suspects: readonly Suspect[],
  sinceMs: ReadonlyMap<string, number> = new Map(),
): Promise<Damage[]> {
  const found = await Promise.all(
    suspects.map(async ({ host, part }) => {
      const { service, check } = checkOf(part);
      const found = damageIn(await endOfLog(cloud, host, service), check, Date.now(), sinceMs.get(host));
      return found ? [{ host, part, code: check.problem, ...found }] : [];
    }),
  );
  return found.flat();
}
