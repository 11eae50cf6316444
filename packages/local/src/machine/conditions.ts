import { globSync, readFileSync, readlinkSync, statfsSync } from 'node:fs';

/** Below this a platform's disks cannot grow for long: an hour of writes at full load, in bytes. */
const LOW_DISK_BYTES = 2 * 1024 ** 3;

const LISTEN = '0A';

/**
 * Sockets that listen on a port of 127.0.0.1 (or of every address), in the kernel's table as text: their inodes. Pure.
 *
 * @see the format of /proc/net/tcp, kernel file Documentation/networking/proc_net_tcp.rst
 */
export function listeningInodes(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const addresses = ['0100007F', '00000000', '0'.repeat(32), `${'0'.repeat(16)}FFFF00000100007F`];
  return table.split('\n').flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address, localPort] = local?.split(':') ?? [];
    return state === LISTEN && localPort === hex && addresses.includes(address ?? '') && inode ? [inode] : [];
  });
}

/** The program that has a socket, e.g. `node (process 4242)`; undefined if it cannot be seen. */
function holderOf(inode: string): string | undefined {
  for (const fd of globSync('/proc/[0-9]*/fd/*')) {
    try {
      if (readlinkSync(fd) !== `socket:[${inode}]`) continue;
      const pid = fd.split('/')[2];
      return `${readFileSync(`/proc/${pid}/comm`, 'latin1').trim()} (process ${pid})`;
    } catch {
      // ended meanwhile
    }
  }
  return undefined;
}

/** A program of this machine that listens on a published port: packets for 127.0.0.1 pass it by and reach the platform. */
export function shadowedProgram(port: number): string | undefined {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => {
    try {
      return readFileSync(file, 'latin1');
    } catch {
      return ''; // a kernel without IPv6
    }
  });
  const [inode] = tables.flatMap((table) => listeningInodes(table, port));
  return inode === undefined ? undefined : (holderOf(inode) ?? 'another program');
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Whether the machine's disk is nearly full, where a folder is. */
export function isDiskLow(folder: string): boolean {
  return freeBytes(folder) < LOW_DISK_BYTES;
}

/** Something of this machine that hurts a platform, or will soon. */
export interface MachineCondition {
  kind: 'port' | 'disk';
  text: string;
}

/** What on this machine hurts a platform, or will soon, in one line each; empty if nothing does. */
export function machineConditions(platform: { root: string; port: number }): MachineCondition[] {
  const conditions: MachineCondition[] = [];
  const program = shadowedProgram(platform.port);
  if (program !== undefined) {
    const text = `port ${platform.port} on 127.0.0.1 leads here, though ${program} listens on it too: end it, or use another port (\`sbmcrm down\`, then \`sbmcrm up --port N\`)`;
    conditions.push({ kind: 'port', text });
  }
  if (isDiskLow(platform.root)) {
    const megabytes = Math.floor(freeBytes(platform.root) / 1024 ** 2);
    const text = `only ${megabytes} MB are free on the machine's disk at ${platform.root}: hosts' disks grow into it — free some space`;
    conditions.push({ kind: 'disk', text });
  }
  return conditions;
}
