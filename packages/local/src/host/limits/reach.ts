import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { DATA_DIR } from '@sbmcrm/cloud/layout';

/**
 * What the machine reads of a running host. A host may put anything in the place of a file: a link to one of the machine's, a pipe
 * that never answers, a device without an end. What is opened is looked at before it is read.
 */

/** More than any of the small files that are read. */
const MOST_BYTES = 4096;
/** Opens a place in the file system without touching what is there. @see open(2) */
const O_PATH = 0x200000;

/** The host's mounts below which it is looked, none of which the host can move. */
export type HostMount = '/run' | typeof DATA_DIR;

/** Whether something opened is on the mount of that host, and not somewhere else that a link led to. */
function isOn(fd: number, initPid: number, mount: HostMount): boolean {
  return fstatSync(fd).dev === statSync(`/proc/${initPid}/root${mount}`).dev;
}

/**
 * The beginning of a small file of a running host.
 *
 * @param path below `mount`, e.g. `/service/api/supervise/status`
 * @throws Error if there is none, or if it is no plain file of that host
 */
export function readHostFile(initPid: number, mount: HostMount, path: string): Buffer {
  const fd = openSync(
    `/proc/${initPid}/root${mount}${path}`,
    constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW,
  );
  try {
    if (!fstatSync(fd).isFile() || !isOn(fd, initPid, mount)) throw new Error(`${mount}${path} is no file of the host`);
    const buffer = Buffer.alloc(MOST_BYTES);
    return buffer.subarray(0, readSync(fd, buffer, 0, MOST_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}

/**
 * Calls with the path of a host's Unix socket as this process reaches it; it leads to that very socket until the call ends, whatever
 * the host puts in its place.
 *
 * @throws Error if there is none, or if it is no socket of that host
 */
export async function withHostSocket<T>(
  initPid: number,
  mount: HostMount,
  path: string,
  call: (socket: string) => Promise<T>,
): Promise<T> {
  const fd = openSync(`/proc/${initPid}/root${mount}${path}`, O_PATH | constants.O_NOFOLLOW);
  try {
    if (!fstatSync(fd).isSocket() || !isOn(fd, initPid, mount))
      throw new Error(`${mount}${path} is no socket of the host`);
    return await call(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}
