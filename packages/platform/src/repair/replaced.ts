import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FORGET_REPLACED_SCRIPT, REPLACED_FILE } from '@sbmcrm/engines';
import { hostsInRole } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';
import type { Progress } from '../progress.ts';
import { runIn } from './hosts.ts';

/** Removes files of servers that were replaced, where a repair was cut short after the new copy was there. All servers follow. */
export async function forgetReplaced({ cloud, topology }: Platform, progress: Progress): Promise<void> {
  const servers = hostsInRole(topology, 'database', 'read-replica').map(({ name }) => name);
  for (const host of await cloud.listHosts()) {
    const root = servers.includes(host.name) ? cloud.access.root?.(host) : undefined;
    if (root === undefined || !holdsReplaced(join(root, 'data', dirname(REPLACED_FILE)))) continue;
    await progress.step(`Remove the data of ${host.name} that were replaced`, async () => {
      await runIn(cloud, host.name, FORGET_REPLACED_SCRIPT);
    });
  }
}

function holdsReplaced(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.startsWith(basename(REPLACED_FILE)));
  } catch {
    return false; // it ends just now
  }
}
