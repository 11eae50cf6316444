import { isDiskLow } from '../machine/conditions.ts';
import type { HostManager } from './manager.ts';

const LOOK_MS = 60_000;
/** Looks from one time to the next while the machine has room. It takes 40 ms a host when there is nothing to do. */
const LOOKS_BETWEEN = 5;

type Hosts = Pick<HostManager, 'statuses' | 'disk' | 'onDisk'>;

/**
 * Gives back to the machine what running hosts have deleted on their disks: images that only grew would fill the machine's disk
 * with nothing. One after the other; a host that ends meanwhile is passed over.
 */
export async function trimDisks(hosts: Hosts): Promise<void> {
  for (const { name, state } of await hosts.statuses(new Set())) {
    if (state !== 'running' || (await hosts.disk(name)).kind !== 'image') continue;
    await hosts
      .onDisk(name, 'exec fstrim /data')
      .catch((error: Error) => console.error(`${new Date().toISOString()} the disk of ${name}: ${error.message}`));
  }
}

/**
 * Does it every few minutes, and each minute while the machine's disk is nearly full.
 *
 * @param root the platform's folder
 */
export function keepTrimmed(hosts: Hosts, root: string): NodeJS.Timeout {
  let looks = 0;
  let isBusy = false;
  return setInterval(async () => {
    looks += 1;
    if (isBusy || (looks % LOOKS_BETWEEN !== 0 && !isDiskLow(root))) return;
    isBusy = true;
    await trimDisks(hosts).catch(() => {}); // the next time
    isBusy = false;
  }, LOOK_MS).unref();
}
