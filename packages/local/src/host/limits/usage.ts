import { readFileSync, statfsSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { DiskRoom, HostDefinition, HostUsage } from '@sbmcrm/cloud';
import type { NetworkPlan } from '@sbmcrm/topology';
import { cgroupPath } from '../oci/oci.ts';
import { hostCpuSeconds } from './cpu.ts';

/** The kernel counts a block device's traffic in these, whatever its own are. */
const SECTOR_BYTES = 512;

/**
 * What each running host has used so far: from its control group, its disk and its network namespace, so that what one host does shows
 * in no other's figures. A few small files a host, and no process.
 *
 * @param running the host's first process on this machine, by name
 */
export function hostUsage(
  plan: NetworkPlan,
  hosts: readonly Pick<HostDefinition, 'name' | 'zone' | 'size'>[],
  running: ReadonlyMap<string, number>,
): HostUsage[] {
  const cpuSeconds = hostCpuSeconds(plan);
  return hosts.flatMap(({ name, zone, size }) => {
    const pid = running.get(name);
    const used = pid === undefined ? undefined : memoryUsed(plan, name);
    const seconds = cpuSeconds.get(name);
    if (pid === undefined || used === undefined || seconds === undefined) return []; // it ended just now
    const room = roomOf(`/proc/${pid}/root/data`);
    return [
      {
        name,
        zone,
        cpuSeconds: seconds,
        cpus: Math.min(size.cpus, cpus().length),
        memory: { used, limit: size.memory },
        ...(room ? { disk: { ...room, ...diskTraffic(`/proc/${pid}/root/data`) } } : {}),
        network: networkTraffic(textOf(`/proc/${pid}/net/dev`) ?? ''),
      },
    ];
  });
}

/** Room on the disk of which a folder is a part; undefined: it is not there. */
export function roomOf(path: string): DiskRoom | undefined {
  try {
    const { blocks, bavail, bsize } = statfsSync(path);
    return { size: blocks * bsize, free: bavail * bsize };
  } catch {
    return undefined; // it ended meanwhile
  }
}

/** Without files' contents: the kernel gives them back before anything ends for want of memory. */
function memoryUsed(plan: NetworkPlan, host: string): number | undefined {
  for (const [root, file, prefix] of [
    ['/sys/fs/cgroup/memory', 'memory.usage_in_bytes', 'total_'],
    ['/sys/fs/cgroup', 'memory.current', ''],
  ] as const) {
    const folder = join(root, cgroupPath(plan, host));
    const all = textOf(join(folder, file));
    const stat = textOf(join(folder, 'memory.stat')) ?? '';
    const of = (name: string) => Number(new RegExp(`^${prefix}${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
    if (all !== undefined) return Math.max(0, Number(all) - of('active_file') - of('inactive_file'));
  }
  return undefined;
}

/** Of the block device that a folder is on. A disk that is a folder of the machine's has none of its own. */
function diskTraffic(path: string): { read?: number; written?: number } {
  try {
    const { dev } = statSync(path);
    const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
    // https://docs.kernel.org/block/stat.html
    const fields = readFileSync(`/sys/dev/block/${major}:${minor}/stat`, 'utf8').trim().split(/\s+/).map(Number);
    const [, , read = 0, , , , written = 0] = fields;
    return { read: read * SECTOR_BYTES, written: written * SECTOR_BYTES };
  } catch {
    return {};
  }
}

const NETWORKS: Readonly<Record<string, string>> = { eth0: 'data', mgmt0: 'management' };

/** A host's own devices, by the networks that they lead to. Pure. @param text as in `/proc/net/dev` */
export function networkTraffic(text: string): HostUsage['network'] {
  return text.split('\n').flatMap((line) => {
    const [, device = '', rest = ''] = /^\s*(\S+):\s*(.*)$/.exec(line) ?? [];
    const name = NETWORKS[device];
    if (name === undefined) return [];
    const fields = rest.split(/\s+/).map(Number);
    return [{ name, received: fields[0] ?? 0, sent: fields[8] ?? 0 }];
  });
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
