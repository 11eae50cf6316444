import { rmSync } from 'node:fs';
import {
  cachedImage,
  connectCloud,
  type HostStatus,
  lockState,
  Runtime,
  readPlatform,
  removeNetwork,
  startDaemon,
  stopDaemon,
  storedHosts,
} from '@sbmcrm/local';
import { loadSpec } from '@sbmcrm/spec';
import { planNetwork } from '@sbmcrm/topology';
import type { Progress } from './progress.ts';
import { CODE_ROOT, type Workspace } from './workspace.ts';

/**
 * How long a host's services may take to end in good order, in milliseconds. Databases need their last checkpoint; etcd
 * and Sentinel write what they know before they act on it, and there is no request left to wait for.
 */
export function stopTimeoutMs(host: Pick<HostStatus, 'services'>): number {
  return host.services.some((service) => service.name === 'patroni' || service.name === 'redis') ? 15_000 : 500;
}

/** Hosts in the order of stopping: first what takes requests, last what keeps the data and the quorum. Pure. */
export function stopWaves(hosts: readonly HostStatus[], primary: string | null): string[][] {
  const has = (host: HostStatus, ...services: string[]) => host.services.some((each) => services.includes(each.name));
  const waves: string[][] = [[], [], []];
  for (const host of hosts) {
    // Standbys go before their primary: it then ends last with everything, and starts first the next time.
    const wave = has(host, 'etcd', 'sentinel') ? 2 : host.name === primary || has(host, 'redis') ? 1 : 0;
    waves[wave]?.push(host.name);
  }
  return waves.filter((wave) => wave.length > 0);
}

/**
 * Stops everything that `up` started: hosts in good order, the daemon, the network. With `purge` the state folder goes
 * too. Works on ruins as well.
 *
 * @returns false if there was nothing to stop
 * @throws StateLockedError, Error in one line
 */
export async function down(
  workspace: Workspace,
  options: { purge: boolean; progress: Progress; findPrimary: () => Promise<string | null> },
): Promise<boolean> {
  const { paths } = workspace;
  const record = readPlatform(paths);
  if (!record) return false;
  const unlock = lockState(paths, 'down');
  try {
    const plan = planNetwork(record.network);
    const runtime = new Runtime(plan);
    const running = (await runtime.list()).size > 0;
    if (running && cachedImage()) await stopHosts(workspace, options);
    await options.progress.step('Remove network and local cloud', async () => {
      await stopDaemon(paths);
      // What an earlier step could not stop, or what has no daemon any more.
      for (const host of new Set([...(await runtime.list()).keys(), ...storedHosts(paths)]))
        await runtime.destroy(host);
      await removeNetwork(plan);
      runtime.cleanUp();
      // A platform that is down has no faults.
      for (const file of [paths.faults, paths.daemon]) rmSync(file, { force: true });
    });
    if (options.purge) {
      await options.progress.step(`Delete ${paths.root}`, async () =>
        rmSync(paths.root, { recursive: true, force: true }),
      );
    }
    return running || options.purge;
  } finally {
    unlock();
  }
}

async function stopHosts(
  workspace: Workspace,
  { progress, findPrimary }: { progress: Progress; findPrimary: () => Promise<string | null> },
): Promise<void> {
  const record = readPlatform(workspace.paths);
  if (!record) return;
  await startDaemon(workspace.paths, CODE_ROOT, loadSpec(workspace.specFile).application.port);
  const cloud = connectCloud(workspace.paths, record);
  const hosts = (await cloud.listHosts()).filter((host) => host.initPid !== null);
  for (const wave of stopWaves(hosts, await findPrimary())) {
    await progress.step(`Stop ${wave.join(', ')}`, async () => {
      const stopping = hosts.filter((host) => wave.includes(host.name));
      await Promise.all(stopping.map((host) => cloud.stopHost(host.name, { timeoutMs: stopTimeoutMs(host) })));
    });
  }
}
