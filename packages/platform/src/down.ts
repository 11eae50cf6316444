import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { HostStatus } from '@sbmcrm/cloud';
import { enginesOf, STOP_WAVES } from '@sbmcrm/engines';
import {
  connectCloud,
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
import type { Progress } from './progress.ts';
import { observeDatabase } from './status.ts';
import { CODE_ROOT, type Workspace } from './workspace.ts';

/** For services of another version, which no engine of this one describes. */
const STOP_MS = 500;

/** How long a host's services may take to end in good order, in milliseconds. Pure. */
export function stopTimeoutMs({ services }: Pick<HostStatus, 'services'>): number {
  return Math.max(STOP_MS, ...enginesOf(services).map((engine) => engine.stop.withinMs));
}

/** Hosts in the order of stopping: first what takes requests, last what keeps the data and the quorum. Pure. */
export function stopWaves(hosts: readonly HostStatus[], primary: string | null): string[][] {
  const waveOf = ({ name, services }: HostStatus) => {
    const waves = enginesOf(services).map((engine) => STOP_WAVES.indexOf(engine.stop.wave));
    // Standbys go before their primary: it then ends last with everything, and starts first the next time.
    return Math.max(0, name === primary ? STOP_WAVES.indexOf('data') : 0, ...waves);
  };
  return STOP_WAVES.map((_, wave) => hosts.filter((host) => waveOf(host) === wave).map((host) => host.name)).filter(
    (names) => names.length > 0,
  );
}

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
    const plan = planNetwork(record.network);
    const runtime = new Runtime(plan);
    // While this platform was down, another one may have taken its network: that one's hosts are none of ours.
    const isOurs = networkHolder(record.network) === undefined || networkHolder(record.network) === paths.root;
    const running = isOurs && (await runtime.list()).size > 0;
    if (running) await stopHosts(workspace, record, options.progress);
    if (isOurs) {
      await options.progress.step('Remove network and local cloud', async () => {
        await endByForce(runtime, paths);
        // A platform that is down has no faults.
        rmSync(paths.faults, { force: true });
      });
    }
    if (options.purge) {
      await options.progress.step(`Delete ${paths.root}`, async () => {
        purgeState(paths);
        releaseImage(paths.root);
      });
    }
    return running || options.purge;
  } finally {
    unlock();
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

async function stopHosts(workspace: Workspace, record: PlatformRecord, progress: Progress): Promise<void> {
  let hosts: HostStatus[];
  const cloud = connectCloud(workspace.paths, record);
  try {
    await stopOldDaemon(workspace.paths);
    await startDaemon(workspace.paths, record, CODE_ROOT);
    hosts = (await cloud.listHosts()).filter((host) => host.initPid !== null);
  } catch {
    return; // without the local cloud, or without its link, there is no good order, only force
  }
  for (const wave of stopWaves(hosts, await findPrimary(workspace))) {
    await progress.step(`Stop ${wave.join(', ')}`, async () => {
      const stopping = hosts.filter((host) => wave.includes(host.name));
      await Promise.allSettled(stopping.map((host) => cloud.stopHost(host.name, { timeoutMs: stopTimeoutMs(host) })));
    });
  }
}
