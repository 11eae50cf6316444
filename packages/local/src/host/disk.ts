import {
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CloudError } from '@sbmcrm/cloud';
import { DATA_DIR } from '@sbmcrm/cloud/layout';
import { ToolError } from '@sbmcrm/errors';
import { CommandError, run } from '../machine/exec.ts';
import { waitUntil } from '../machine/process.ts';
import type { HostPaths } from '../state.ts';
import { ID_BASE, machineId, SHIFT_IDS } from './limits/ids.ts';

/**
 * A host's disk is a file with an ext4 file system of its own, so that it can be full while the machine's is not. It is
 * mounted in the host's mount namespace alone and its loop device goes by itself with the last mount: a host that ends, in
 * whatever way, leaves nothing to unmount. Where loop devices do not work, and for hosts from before, it is a plain folder.
 */
export type DiskKind = 'image' | 'folder';

/** Made in 0.05 s and 4 MB: little is written ahead, and the journal is small, since it comes to lie on the machine whole. */
const MKFS_OPTIONS = [
  ...['-m', '0'], // nothing is kept for root, who runs none of the services
  ...['-J', 'size=16'],
  ...['-i', '65536'], // 131 072 files
  ...['-O', '^resize_inode'],
  ...['-E', `lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=${machineId(0)}:${machineId(0)}`],
];
/**
 * The kernel would fill unused tables with zeroes in the background, in every image. Without `discard`, which gives back what is
 * deleted with each commit of the journal: after a failover, when databases are rewound, all disks would wait for that. It is
 * given back from time to time instead, see trim.ts.
 */
const MOUNT_OPTIONS = 'loop,nosuid,nodev,noinit_itable,errors=remount-ro';
const RELEASE_TIMEOUT_MS = 10_000;

/** What a host has for a disk; undefined before its first start. */
export function existingDisk(paths: HostPaths): DiskKind | undefined {
  if (existsSync(paths.disk)) return 'image';
  return existsSync(paths.data) && readdirSync(paths.data).length > 0 ? 'folder' : undefined;
}

/**
 * Commands that mount a disk's image: pure. The image is locked meanwhile: attached twice, it would be two disks that
 * overwrite each other. One that is mounted elsewhere already is shared, which `mount` and the kernel see to.
 */
export function mountCommands(image: string, folder: string): string[] {
  const [quotedImage, quotedFolder] = [quote(image), quote(folder)];
  return [
    'attempt=0',
    // A device that is going away just now, or that another host takes first, is a matter of a moment.
    `until flock ${quotedImage} mount -t ext4 -o ${MOUNT_OPTIONS} ${quotedImage} ${quotedFolder}; do`,
    '  attempt=$((attempt + 1))',
    '  [ "$attempt" -lt 50 ] || exit 1',
    // Inside a container /dev has a few loop devices only, and nobody who makes more.
    "  device=$(losetup --find 2>&1 | grep -o '/dev/loop[0-9]*' | head -n 1)",
    '  [ -z "$device" ] || [ -b "$device" ] || mknod "$device" b 7 "$(echo "$device" | tr -dc 0-9)" || :',
    '  sleep 0.1',
    'done',
    // Past the machine's page cache: each page would be there twice. Where that does not work it goes without.
    `losetup --direct-io=on "$(losetup --noheadings --output NAME --associated ${quotedImage})" >/dev/null 2>&1 || :`,
  ];
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Why this machine cannot mount images, or undefined if it can: found out once. */
let refusal: Promise<string | undefined> | undefined;

/** @param bytes that it holds; only what is written takes room on the machine */
async function makeImage(file: string, bytes: number): Promise<void> {
  rmSync(file, { force: true });
  await run('mkfs.ext4', ['-q', '-F', ...MKFS_OPTIONS, file, `${Math.floor(bytes / 1024)}k`]);
}

/** Of an image that only shows whether this machine can mount one. */
const TRIAL_BYTES = 64 * 1024 ** 2;

async function tryImage(file: string, imageRoot: string): Promise<string | undefined> {
  try {
    await makeImage(file, TRIAL_BYTES);
    await runOnDisk({ image: file }, imageRoot, ':', []);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * Gives a host its disk unless it has one.
 *
 * @param bytes that a new one holds
 * @param imageRoot see {@link runOnDisk}
 * @returns what it has, and why it has no image where this machine cannot mount one
 */
export async function ensureDisk(
  paths: HostPaths,
  bytes: number,
  imageRoot: string,
): Promise<{ kind: DiskKind; refusal?: string | undefined }> {
  const existing = existingDisk(paths);
  if (existing === 'image') return { kind: 'image' };
  refusal ??= tryImage(`${paths.disk}.try`, imageRoot);
  const refused = await refusal;
  if (existing === 'folder' || refused !== undefined) {
    mkdirSync(paths.data, { recursive: true, mode: 0o755 });
    if (existing === undefined) chownSync(paths.data, machineId(0), machineId(0));
    return { kind: 'folder', refusal: refused };
  }
  // Cut short, it is made anew the next time.
  const half = `${paths.disk}.new`;
  await makeImage(half, bytes);
  renameSync(half, paths.disk);
  return { kind: 'image' };
}

/**
 * Runs a shell script with a host's disk at /data, whether the host runs or not. It sees the image of hosts, read-only, and
 * nothing of the machine: links that the host made lead nowhere else. Mounts are the script's own and go with it.
 *
 * @throws CommandError
 */
export function runOnDisk(
  disk: { image: string } | { folder: string },
  imageRoot: string,
  script: string,
  args: readonly string[],
): Promise<string> {
  const root = quote(imageRoot);
  const data = join(imageRoot, 'data');
  const outer = [
    'set -eu',
    `mount --bind ${root} ${root}`,
    `mount -o remount,bind,ro ${root}`,
    ...('image' in disk ? mountCommands(disk.image, data) : [`mount --bind ${quote(disk.folder)} ${quote(data)}`]),
    'code=0',
    `chroot ${root} /bin/sh -c "$0" sh "$@" || code=$?`,
    // Waited for: the loop device is gone when this ends.
    `umount ${quote(data)}`,
    'exit "$code"',
  ].join('\n');
  return run('unshare', ['--mount', '/bin/sh', '-c', outer, script, ...args]);
}

/** Whether the kernel has made a disk read-only after an error (`errors=remount-ro`), by the host's list of mounts: pure. */
export function isReadOnly(mounts: string): boolean {
  const disk = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, folder]) => folder === DATA_DIR);
  // Newer kernels keep `rw` and say `emergency_ro` besides.
  return disk?.[3]?.split(',').some((option) => option === 'ro' || option === 'emergency_ro') ?? false;
}

/** Whether a running host's disk takes no writes any more. @param initPid null when it is stopped */
export function diskFailed(initPid: number | null): boolean {
  if (initPid === null) return false;
  try {
    return isReadOnly(readFileSync(`/proc/${initPid}/mounts`, 'utf8'));
  } catch {
    return false; // it ends just now
  }
}

/** Whether there is nothing any more of the disk that a running host has. */
export const diskGone = ({ disk, data }: HostPaths): boolean => !existsSync(disk) && !existsSync(data);

/** In ext4's superblock: where its state is, and the bit that says that errors were seen. @see kernel file fs/ext4/ext4.h */
const STATE_OFFSET = 1024 + 0x3a;
const ERRORS_SEEN = 2;

/**
 * Repairs the disk of a host that is stopped, if the kernel saw errors on it.
 *
 * @throws Error in one line where only a person can say what to give up
 */
export async function checkDisk({ disk, root }: HostPaths): Promise<void> {
  if (!existsSync(disk)) return;
  const file = await open(disk);
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, STATE_OFFSET).finally(() => file.close());
  if ((buffer.readUInt16LE(0) & ERRORS_SEEN) === 0) return;
  try {
    await run('e2fsck', ['-p', disk], { timeoutMs: 120_000 });
  } catch (error) {
    const code = error instanceof CommandError ? Number(error.code) : Number.NaN;
    // 1 and 2: there were errors, and they are corrected.
    if (code !== 1 && code !== 2) {
      throw new ToolError(
        'HOST_FAILED',
        `the disk of ${basename(root)} is damaged: look at it with \`e2fsck ${disk}\``,
      );
    }
  }
}

/** Gives a disk from before hosts had user namespaces to the users of hosts; one that is theirs stays as it is. */
export async function shiftDisk(paths: HostPaths, imageRoot: string): Promise<void> {
  const disk = existsSync(paths.disk) ? { image: paths.disk } : { folder: paths.data };
  await runOnDisk(disk, imageRoot, 'exec python3 -c "$1" /data "$2"', [SHIFT_IDS, String(ID_BASE)]);
}

const ABSENT = 44;
const OUTSIDE = 45;
const MAX_READ_BYTES = 1024 * 1024;

/**
 * A small file from a host's disk; undefined if there is none.
 *
 * @param path below /data
 * @throws CloudError 400 BAD_PATH for one that leaves the disk
 */
export async function readFromDisk(paths: HostPaths, imageRoot: string, path: string): Promise<string | undefined> {
  const kind = existingDisk(paths);
  if (!kind) return undefined;
  const script = [
    `file=$(realpath -e -- "/data/$1" 2>&1) || exit ${ABSENT}`,
    `case "$file" in /data/*) ;; *) exit ${OUTSIDE} ;; esac`,
    `[ -f "$file" ] || exit ${ABSENT}`,
    `exec head -c ${MAX_READ_BYTES} -- "$file"`,
  ].join('\n');
  try {
    return await runOnDisk(kind === 'image' ? { image: paths.disk } : { folder: paths.data }, imageRoot, script, [
      path,
    ]);
  } catch (error) {
    const code = error instanceof CommandError ? error.code : undefined;
    if (code === ABSENT) return undefined;
    if (code === OUTSIDE) throw new CloudError('BAD_PATH', `"${path}" leaves the disk of ${basename(paths.root)}`);
    throw error;
  }
}

/**
 * Keeps a host's disk mounted until the returned function is called. The kernel writes what it holds of a disk in memory
 * when the last mount goes, and a process that goes with it is there until then, which may be seconds: a fence cannot wait.
 *
 * @param initPid the host's first process on this machine
 */
export async function holdDisk(initPid: number | undefined): Promise<() => void> {
  const mount = await open(`/proc/${initPid}/root/data`).catch(() => undefined); // it ends just now, or has no disk
  return () => void mount?.close().catch(() => {});
}

/** Loop devices whose file lies in a folder, e.g. `/dev/loop3`. */
function attachedDevices(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const inside = `${realpathSync(folder)}/`;
  return globSync('/sys/block/loop*/loop/backing_file').flatMap((file) => {
    try {
      return readFileSync(file, 'utf8').startsWith(inside) ? [`/dev/${file.split('/')[3]}`] : [];
    } catch {
      return []; // it went meanwhile
    }
  });
}

/** Waits until the disks of hosts that have ended are written and their loop devices gone. @param folder with the images */
export async function releaseDisks(folder: string): Promise<void> {
  if (await waitUntil(() => attachedDevices(folder).length === 0, RELEASE_TIMEOUT_MS, 20)) return;
  // Something on the machine looks into one still: it goes with that.
  for (const device of attachedDevices(folder)) await run('losetup', ['--detach', device]).catch(() => {});
}
