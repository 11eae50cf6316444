import type { Platform } from '../opened.ts';
import type { Progress } from '../progress.ts';
import { waitFor } from '../progress.ts';
import type { Problem } from '../status/problems.ts';
import { observeDatabase, platformStatus } from '../status.ts';
import type { Changes } from './hosts.ts';
import { returnToRotation } from './settle.ts';

/** Between two hosts: what one host's restart took away must be back first. */
const RECOVER_TIMEOUT_MS = 60_000;

/** Hosts in the order of taking over new configuration: the database's primary last. Pure. */
export function changeOrder(changes: Changes, primary: string | null): [string, string[]][] {
  return [...changes].sort(([x], [y]) => Number(x === primary) - Number(y === primary) || x.localeCompare(y));
}

/** What a host has not got back yet; that somebody else's API is away is not its restart's doing. Pure. */
export function lackOf(problems: readonly Problem[], host: string): string | undefined {
  return problems.find((problem) => problem.host === host && problem.code !== 'EXTERNAL_API_AWAY')?.text;
}

/** Restarts (or reloads) services whose configuration changed, one host after the other. */
export async function applyChanges(
  platform: Platform,
  changes: Changes,
  excused: ReadonlySet<string>,
  progress: Progress,
): Promise<void> {
  const { primary } = await observeDatabase(platform);
  for (const [host, services] of changeOrder(changes, primary)) {
    if (excused.has(host)) continue;
    const servers = (await platform.cloud.listHosts()).filter(({ name }) => name === host);
    await progress.step(`New configuration on ${host}: ${services.join(', ')}`, async (note) => {
      for (const service of services) await platform.cloud.refreshService(host, service);
      await waitFor(
        async () => {
          // A check of the load balancers that fell into the restart: two more, of the guide's half minute, would be waited for.
          if (services.includes('api')) await returnToRotation(platform, servers);
          const status = await platformStatus(platform);
          return lackOf(status.problems, host) ?? (status.database.primary ? undefined : 'the database has no primary');
        },
        { timeoutMs: RECOVER_TIMEOUT_MS, note },
      );
    });
  }
}
