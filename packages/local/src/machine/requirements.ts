import { existsSync } from 'node:fs';
import { ToolError } from '@sbmcrm/errors';
import { CommandError, run } from './exec.ts';

/** Debian packages that the machine itself needs, and the command that shows each is there. Engines live in the image. */
export const MACHINE_PACKAGES: Record<string, string> = {
  mmdebstrap: 'mmdebstrap',
  runc: 'runc',
  iproute2: 'ip',
  nftables: 'nft',
  openssl: 'openssl',
  mount: 'losetup',
  e2fsprogs: 'mkfs.ext4',
};

const SEARCH_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Packages of {@link MACHINE_PACKAGES} whose command is not on this machine. */
export function missingPackages(exists: (path: string) => boolean = existsSync): string[] {
  return Object.entries(MACHINE_PACKAGES)
    .filter(([, command]) => !SEARCH_PATH.some((folder) => exists(`${folder}/${command}`)))
    .map(([name]) => name);
}

/** A new machine often updates itself, and two `up` may begin at once: apt waits for its lock, in seconds. */
const WAIT_FOR_OTHERS = ['-o', 'DPkg::Lock::Timeout=120'];

/**
 * Installs Debian packages with apt, refreshing its lists only when they are too old to know them.
 *
 * @throws Error in one line: which packages, what apt said, what to do
 */
export async function installPackages(packages: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    run('apt-get', [...WAIT_FOR_OTHERS, 'install', '--yes', '--no-install-recommends', ...packages], {
      env,
      timeoutMs: 300_000,
    });
  try {
    await install();
  } catch {
    try {
      await run('apt-get', ['update'], { env, timeoutMs: 120_000 });
      await install();
    } catch (error) {
      const detail =
        error instanceof CommandError ? (/^E: (.*)$/m.exec(error.stderr)?.[1] ?? error.message) : String(error);
      throw new ToolError(
        'MACHINE_UNFIT',
        `cannot install ${packages.join(', ')}: ${detail} — check the machine's apt sources, then run the command again`,
      );
    }
  }
}

/**
 * What keeps this machine from running hosts, in one line each; empty if nothing does.
 *
 * Tries what hosts need (namespaces, a mount) instead of guessing from capabilities.
 */
export async function machineProblems(): Promise<string[]> {
  if (process.platform !== 'linux') return [`this needs Linux (this is ${process.platform})`];
  if (process.getuid?.() !== 0)
    return ['this needs root: hosts are namespaces, mounts and a bridge — run it with sudo'];
  const problems: string[] = [];
  const attempt = async (what: string, hint: string, args: string[]) => {
    try {
      await run('unshare', args, { timeoutMs: 5000 });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      problems.push(`${what} refused (${detail}) — ${hint}`);
    }
  };
  const container = 'in a container, start it with --privileged; on a virtual machine, check the kernel';
  await attempt('namespaces are', container, ['--mount', '--pid', '--net', '--uts', '--ipc', '--fork', 'true']);
  if (problems.length === 0) {
    await attempt('mounts are', container, ['--mount', 'sh', '-c', 'mount -t tmpfs none /mnt']);
  }
  return problems;
}
