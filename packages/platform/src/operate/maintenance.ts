import {
  beginMaintenance,
  behindMaintenance,
  endMaintenance,
  isStarting,
  readMaintenance,
  type Secrets,
} from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import { hostsInRole } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';
import { type Progress, waitFor } from '../progress.ts';
import { readSecrets } from '../secrets.ts';
import { isUp } from '../status/observe.ts';

/** Patroni looks at its configuration each second. */
const TAKE_OVER_MS = 15_000;
/** As long as the watch waits for the one that led last, and what that takes. */
const WATCHED_MS = 45_000;

type Part = Pick<Platform, 'spec' | 'topology' | 'paths' | 'record'>;

const serversOf = ({ topology }: Pick<Platform, 'topology'>) => hostsInRole(topology, 'database', 'read-replica');

/** Begins a maintenance, or gives the one that there is another end. @param forMs how long it lasts. @throws ToolError in one line */
export async function holdFailover(platform: Platform, forMs: number, progress: Progress): Promise<{ until: string }> {
  assertUp(platform);
  const untilMs = Date.now() + forMs;
  await progress.step('Hold the database’s failover', async (note) => {
    await beginMaintenance(serversOf(platform), readSecrets(platform.paths), untilMs);
    await takenOver(platform, true, note);
  });
  return { until: new Date(untilMs).toISOString() };
}

/** Ends the maintenance. @returns false: there was none. @throws ToolError in one line */
export async function releaseFailover(platform: Platform, progress: Progress): Promise<boolean> {
  assertUp(platform);
  if ((await readMaintenance(serversOf(platform))) === undefined) return false;
  await progress.step('Release the database’s failover', async (note) => {
    const secrets = readSecrets(platform.paths);
    // By the hosts' own watch: where nobody leads it starts whoever led last, before anybody else may take over.
    await beginMaintenance(serversOf(platform), secrets, Date.now());
    const isTaken = () =>
      takenOver(platform, false, note, WATCHED_MS).then(
        () => true,
        () => false,
      );
    // A recovery is waited for, however long it takes.
    while (!(await isTaken())) if (!(await isAnyStarting(platform))) return endHold(platform, secrets, note);
  });
  return true;
}

/** Ends it, and waits until every Patroni that answers knows. @throws ToolError in one line */
export async function endHold(platform: Part, secrets: Secrets, note: (text: string) => void): Promise<void> {
  await endMaintenance(serversOf(platform), secrets);
  await takenOver(platform, false, note);
}

async function isAnyStarting({ topology }: Part): Promise<boolean> {
  const starting = await Promise.all(hostsInRole(topology, 'database').map(isStarting));
  return starting.includes(true);
}

async function takenOver(
  platform: Part,
  isOn: boolean,
  note: (text: string) => void,
  timeoutMs = TAKE_OVER_MS,
): Promise<void> {
  await waitFor(
    async () => {
      const behind = await behindMaintenance(serversOf(platform), isOn);
      return behind.length > 0 ? `Patroni on ${behind.join(', ')} has not taken it over yet` : undefined;
    },
    { timeoutMs, note },
  );
}

function assertUp(platform: Platform): void {
  if (!isUp(platform)) throw new ToolError('HOST_NOT_RUNNING', 'the platform is down: `sbmcrm up` brings it back');
}
