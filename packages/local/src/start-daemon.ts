import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { PORTS, planNetwork } from '@sbmcrm/topology';
import { LocalCloud } from './api/client.ts';
import { IMAGE_CACHE } from './image.ts';
import { codeVersion } from './machine/code-version.ts';
import { readJson, writeFileAtomic } from './machine/files.ts';
import { isAlive, type ProcessIdentity, waitUntil } from './machine/process.ts';
import type { PlatformRecord, StatePaths } from './state.ts';

/** What a running daemon says of itself. */
export interface DaemonRecord extends ProcessIdentity {
  /** See {@link codeVersion}. */
  code: string;
}

/** The running daemon of a platform, if there is one. */
export function runningDaemon(paths: StatePaths): DaemonRecord | undefined {
  const identity = readJson<DaemonRecord>(paths.daemon);
  return identity && isAlive(identity) ? identity : undefined;
}

/** The interface of a platform's local cloud; does not start it. @throws Error if the platform was never up */
export function connectCloud(paths: StatePaths, platform: PlatformRecord): LocalCloud {
  if (!existsSync(paths.cloudToken)) throw new Error(`${paths.root}: the platform was never up — run \`sbmcrm up\``);
  const { management } = planNetwork(platform.network);
  return new LocalCloud(
    `http://${management.gateway}:${PORTS.cloudApi}`,
    readFileSync(paths.cloudToken, 'utf8').trim(),
  );
}

/**
 * Starts the daemon unless it runs; replaces one from before an upgrade. It lives on when this process ends.
 *
 * @param codeRoot the project's folder
 * @returns whether it had to be started
 * @throws Error with the daemon's last words
 */
export async function startDaemon(paths: StatePaths, codeRoot: string): Promise<{ started: boolean }> {
  const running = runningDaemon(paths);
  if (running?.code === codeVersion()) return { started: false };
  if (running) await stopDaemon(paths);
  if (!existsSync(paths.cloudToken)) writeFileAtomic(paths.cloudToken, randomBytes(32).toString('hex'), 0o600);
  const log = openSync(paths.daemonLog, 'a', 0o600);
  const program = new URL('./daemon.ts', import.meta.url).pathname;
  const args = ['--max-old-space-size=96', program, '--state', paths.root, '--code', codeRoot];
  let exitCode: number | null | undefined;
  try {
    const child = spawn(process.execPath, args, {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', SBMCRM_CACHE: IMAGE_CACHE },
    });
    child.on('exit', (code) => {
      exitCode = code;
    });
    child.unref();
    await waitUntil(() => runningDaemon(paths) !== undefined || exitCode !== undefined, 10_000, 20);
  } finally {
    closeSync(log);
  }
  if (!runningDaemon(paths)) {
    const last = readFileSync(paths.daemonLog, 'utf8').trim().split('\n').at(-1) ?? '';
    throw new Error(`the local cloud's daemon did not start: ${last} (log: ${paths.daemonLog})`);
  }
  return { started: true };
}

/** Ends the daemon of a platform; its hosts live on. */
export async function stopDaemon(paths: StatePaths): Promise<void> {
  const daemon = runningDaemon(paths);
  if (!daemon) return;
  process.kill(daemon.pid, 'SIGTERM');
  if (!(await waitUntil(() => !isAlive(daemon), 3000, 20))) process.kill(daemon.pid, 'SIGKILL');
}
