import { etcdHosts } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import { lockState } from '@sbmcrm/local';
import type { Platform } from '../opened.ts';
import type { Progress } from '../progress.ts';
import { readSecrets } from '../secrets.ts';
import { maintenanceNotice } from '../status/notices.ts';
import { isUp } from '../status/observe.ts';
import { repairData } from './act.ts';
import { checkOf, type Damage, findDamage, type Suspect, suspectsOf } from './damage.ts';
import { damageText, reasonToWait, repairText } from './decide.ts';
import { lookAtMembers } from './doctor.ts';

/** What was repaired: the data of a part on a host. */
export interface Repair extends Suspect {
  /** Why; missing where nothing was known to be damaged. */
  reason?: string;
  elapsedMs: number;
}

export interface RepairOptions {
  /** Also data that nothing is known to be wrong with. */
  force: boolean;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Repairs damaged data: they are given up, and come again from the others.
 *
 * @param host undefined: of all hosts
 * @returns what was repaired; nothing where nothing is known to be damaged
 * @throws ToolError in one line, StateLockedError
 */
export async function repair(platform: Platform, host: string | undefined, options: RepairOptions): Promise<Repair[]> {
  const { topology, paths } = platform;
  if (!isUp(platform)) throw new ToolError('HOST_NOT_RUNNING', 'the platform is down: `sbmcrm up` brings it back');
  if (host !== undefined && !topology.hosts.some(({ name }) => name === host)) {
    throw new ToolError(
      'UNKNOWN_HOST',
      `there is no host "${host}" (hosts: ${topology.hosts.map(({ name }) => name).join(', ')})`,
    );
  }
  const unlock = lockState(paths, 'repair');
  try {
    const secrets = readSecrets(paths);
    const seen = await lookAtMembers(platform, secrets);
    const known = await findDamage(platform, suspectsOf(platform, seen));
    const wanted: (Suspect & Partial<Damage>)[] =
      options.force && host !== undefined
        ? partsOf(platform, host)
        : known.filter((each) => host === undefined || each.host === host);
    const [held] = maintenanceNotice(seen.database.maintenance, Date.now());
    if (held && wanted.some(({ part }) => part === 'database')) {
      throw new ToolError('NO_CANDIDATE', `there is ${held.text}`);
    }
    const repairs: Repair[] = [];
    for (const [index, each] of wanted.entries()) {
      const damage = known.find((one) => one.host === each.host && one.part === each.part);
      const title = damage
        ? repairText(damage)
        : `${checkOf(each.part).check.title} on ${each.host}: give them up, and get them again from the others`;
      const now = index === 0 ? seen : await lookAtMembers(platform, secrets);
      const why = reasonToWait(each, known, now, etcdHosts(topology).length);
      if (why !== undefined) {
        throw new ToolError(
          'NO_CANDIDATE',
          `${damage ? damageText(damage) : `${checkOf(each.part).check.title} on ${each.host} stay`}: ${why}`,
        );
      }
      const start = performance.now();
      await options.progress.step(title, (note) =>
        repairData({ platform, secrets, note, signal: options.signal }, each),
      );
      const { reason } = damage ?? {};
      repairs.push({
        host: each.host,
        part: each.part,
        ...(reason === undefined ? {} : { reason }),
        elapsedMs: Math.round(performance.now() - start),
      });
    }
    return repairs;
  } finally {
    unlock();
  }
}

/** The parts that a host has data of. @throws ToolError where it has none */
function partsOf({ topology }: Platform, host: string): Suspect[] {
  const services = topology.hosts.find(({ name }) => name === host)?.services ?? [];
  const parts = (['quorum', 'cache', 'database'] as const).filter((part) => services.includes(checkOf(part).service));
  if (parts.length === 0) throw new ToolError('NO_CANDIDATE', `${host} has no data: \`sbmcrm up\` starts it again`);
  return parts.map((part) => ({ host, part }));
}
