import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Hosts } from '@sbmcrm/cloud';
import { DAEMON } from '@sbmcrm/daemon';
import { enginesOf } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import {
  connectCloud,
  inspectCloud,
  lockState,
  networkHolder,
  type PlatformRecord,
  Runtime,
  readPlatform,
  registrations,
  releaseDisks,
  releaseImage,
  removeNetwork,
  type StatePaths,
  startDaemon,
  stopDaemon,
  stopOldDaemon,
  storedHosts,
} from '@sbmcrm/local';
import { planNetwork } from '@sbmcrm/topology';
import { openAsApplied } from './applied.ts';
import { type DownStep, downStepText, planDown } from './down-plan.ts';
import { hostImage } from './image.ts';
import { endHold } from './operate/maintenance.ts';
import type { Progress } from './progress.ts';
import { readSecrets } from './secrets.ts';
import { observeDatabase } from './status.ts';
import { CODE_ROOT, type Workspace } from './workspace.ts';

/**
 * Stops everything that `up` started: hosts in good order, the daemon, the network. With `purge` the state folder goes
 * too. Works on ruins as well: what does not stop in good order is stopped by force.
 *
 * @returns false if there was nothing to stop
 * @throws StateLockedError, Error in one line
 */
export async function down(workspace: Workspace, options: { purge: boolean; progress: Progress }): Promise<boolean> {
  const { paths } = workspace;
  const record = readPlatform(paths);
  if (!record) {
    const ended = await endOrphan(paths, options.progress);
    if (options.purge) underLock(paths, () => releaseImage(paths.root));
    return ended;
  }
  const unlock = lockState(paths, 'down');
  try {
    const runtime = new Runtime(planNetwork(record.network));
    const running = isOurs(paths, record) && (await runtime.list()).size > 0;
    const cloud = running ? await openForStop(paths, record) : undefined;
    if (running) await endMaintenanceOf(workspace);
    for (const step of await planOf(workspace, record, cloud, options.purge)) {
      await options.progress.step(downStepText(step), () => apply(step, { paths, runtime, cloud }));
    }
    return running || options.purge;
  } finally {
    unlock();
  }
}

/**
 * What {@link down} would do now, and nothing of it done.
 *
 * @throws Error in one line
 */
export async function dryRunDown(workspace: Workspace, { purge }: { purge: boolean }): Promise<DownStep[]> {
  const record = readPlatform(workspace.paths);
  if (!record) return [];
  const isRunning = isOurs(workspace.paths, record) && networkHolder(record.network) !== undefined;
  if (!isRunning && !purge) return [];
  return planOf(workspace, record, inspectCloud(workspace.paths, record, hostImage()), purge);
}

/** While this platform was down, another one may have taken its network: that one's hosts are none of ours. */
function isOurs(paths: StatePaths, { network }: PlatformRecord): boolean {
  const holder = networkHolder(network);
  return holder === undefined || holder === paths.root;
}

/** @param cloud undefined: without the local cloud there is no good order, only force */
async function planOf(
  workspace: Workspace,
  record: PlatformRecord,
  cloud: Pick<Hosts, 'listHosts'> | undefined,
  purge: boolean,
): Promise<DownStep[]> {
  const hosts = cloud ? await cloud.listHosts().catch(() => []) : [];
  const lost = hosts.filter(({ diskGone, services }) => diskGone && enginesOf(services).some(({ damage }) => damage));
  if (!purge && lost.length > 0) {
    throw new ToolError(
      'NOT_HEALTHY',
      `the disk of ${lost.map(({ name }) => name).join(', ')} was deleted while it runs, and what is on it goes when it stops: \`sbmcrm up\` gives it a new one first, \`sbmcrm down --purge\` gives all data up`,
    );
  }
  const primary = hosts.length > 0 ? await findPrimary(workspace) : null;
  const folder = purge ? workspace.paths.root : undefined;
  return planDown({ hosts, primary, isOurs: isOurs(workspace.paths, record), purge: folder });
}

async function apply(
  step: DownStep,
  { paths, runtime, cloud }: { paths: StatePaths; runtime: Runtime; cloud: Hosts | undefined },
): Promise<void> {
  switch (step.do) {
    case 'stop-hosts':
      await Promise.allSettled(step.hosts.map(({ name, withinMs }) => cloud?.stopHost(name, { timeoutMs: withinMs })));
      return;
    case 'disconnect':
      await endByForce(runtime, paths);
      // A platform that is down has no faults.
      return rmSync(paths.faults, { force: true });
    case 'delete-state':
      purgeState(paths);
      releaseImage(paths.root);
  }
}

function underLock(paths: StatePaths, action: () => void): void {
  const unlock = lockState(paths, 'down');
  try {
    action();
  } finally {
    unlock();
  }
}

/** Ends what could not be stopped in good order, and removes all that is not data. */
async function endByForce(runtime: Runtime, paths: StatePaths): Promise<void> {
  await stopDaemon(runtime.plan);
  await stopOldDaemon(paths);
  const hosts = new Set([...(await runtime.list()).keys(), ...storedHosts(paths)]);
  for (const host of hosts) await runtime.destroy(host);
  await releaseDisks(paths.hosts);
  await removeNetwork(runtime.plan);
  runtime.cleanUp();
}

/**
 * Ends what runs of a platform whose state folder was deleted: its registration in /run still says where it is. Its data is
 * gone already, so nothing is stopped in good order.
 *
 * @returns false if there is none
 */
export async function endOrphan(paths: StatePaths, progress: Progress): Promise<boolean> {
  const found = registrations().find((each) => each.state === paths.root);
  if (!found) return false;
  const unlock = lockState(paths, 'down');
  try {
    await progress.step(`End the platform whose state folder ${paths.root} was deleted`, () =>
      endByForce(new Runtime(planNetwork(found.network)), paths),
    );
    return true;
  } finally {
    unlock();
  }
}

/** The record goes last: cut short, the command can be run again. */
function purgeState(paths: StatePaths): void {
  for (const name of readdirSync(paths.root)) {
    const entry = join(paths.root, name);
    if (entry !== paths.platform && entry !== paths.lock) rmSync(entry, { recursive: true, force: true });
  }
  rmSync(paths.platform, { force: true });
}

/** The database's primary, to be stopped last; nobody when it cannot be told, e.g. with a broken spec. */
async function findPrimary(workspace: Workspace): Promise<string | null> {
  try {
    return (await observeDatabase((await openAsApplied(workspace)).platform)).primary;
  } catch {
    return null;
  }
}

/** In maintenance Patroni would end and leave its server running, to be killed. Where it cannot be asked, that is what happens. */
async function endMaintenanceOf(workspace: Workspace): Promise<void> {
  try {
    const { platform } = await openAsApplied(workspace);
    const { maintenance, primary } = await observeDatabase(platform);
    // Where nobody leads, its end would let the standby lead: the next `up` begins with whoever led last.
    if (maintenance && primary !== null) await endHold(platform, readSecrets(platform.paths), () => {});
  } catch {
    // On ruins, too, `down` goes on.
  }
}

/** The cloud, started if need be; undefined where it cannot be had, or not its link. */
async function openForStop(paths: StatePaths, record: PlatformRecord): Promise<Hosts | undefined> {
  const cloud = connectCloud(paths, record, hostImage);
  try {
    await stopOldDaemon(paths);
    await startDaemon(paths, record, DAEMON, CODE_ROOT);
    return cloud;
  } catch {
    return undefined;
  }
}
