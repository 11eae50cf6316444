import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { type CloudTokens, SCOPES } from '@sbmcrm/cloud';
import { ToolError } from '@sbmcrm/errors';
import { type NetworkPlan, planNetwork } from '@sbmcrm/topology';
import { LocalCloud } from './client.ts';
import { runtimeDir } from './host/runtime.ts';
import { IMAGE_CACHE, type Image } from './image.ts';
import { codeVersion } from './machine/code-version.ts';
import { readJson, writeJson } from './machine/files.ts';
import { isAlive, type ProcessIdentity, waitUntil } from './machine/process.ts';
import type { PlatformRecord, StatePaths } from './state.ts';

/** What a running daemon says of itself. */
export interface DaemonRecord extends ProcessIdentity {
  /** See {@link codeVersion}. */
  code: string;
  /** The project's folder; missing: a version before this one started it. */
  codeRoot?: string;
  /** The process that starts it again. */
  supervisor: ProcessIdentity;
}

/** Where the daemon's record is: beside the platform's registration, so that it is found without the state folder. */
export function daemonFile(plan: NetworkPlan): string {
  return join(runtimeDir(plan), 'daemon.json');
}

/** What the last daemon of a platform said of itself, whether it still runs or not. */
export function daemonRecord(plan: NetworkPlan): DaemonRecord | undefined {
  return readJson<DaemonRecord>(daemonFile(plan));
}

/** The running daemon of a platform, if there is one. */
export function runningDaemon(plan: NetworkPlan): DaemonRecord | undefined {
  const record = daemonRecord(plan);
  return record && isAlive(record) ? record : undefined;
}

/**
 * The interface of a platform's local cloud; does not start it. While the platform is down its calls fail at once and send
 * nothing.
 *
 * @param image see {@link LocalCloud}
 * @throws Error if the platform was never up
 */
export function connectCloud(paths: StatePaths, platform: PlatformRecord, image: () => Image | undefined): LocalCloud {
  const tokens = readJson<CloudTokens>(paths.cloudTokens);
  if (!tokens) throw new ToolError('NO_PLATFORM', `${paths.root}: the platform was never up — run \`sbmcrm up\``);
  return new LocalCloud(paths, platform, tokens, image);
}

/**
 * The supervisor: it starts the daemon again whatever ended it, until the daemon ends in good order or its record is gone (it
 * never came up, or the platform is gone). At once at first; one that ends again and again is given longer and longer pauses.
 */
const SUPERVISE = `
record=$1; shift; wait=0
while :; do
  began=$(date +%s)
  "$@" --supervisor $$ && exit 0
  [ -e "$record" ] || exit 1
  [ $(($(date +%s) - began)) -lt 30 ] || wait=0
  sleep $wait.3
  wait=$((wait * 2 + 1)); [ $wait -le 10 ] || wait=10
done`;

/** What is run as daemon. */
export interface DaemonProgram {
  /** Its file. */
  path: string;
  /** The rooms that it is made of: one from before an upgrade is replaced. */
  rooms: readonly string[];
}

/** Whether the daemon runs, under its supervisor, and is of this version and from this folder. */
export function isDaemonCurrent(plan: NetworkPlan, { rooms }: DaemonProgram, codeRoot: string): boolean {
  const running = runningDaemon(plan);
  return running?.codeRoot === codeRoot && running.code === codeVersion(rooms) && isAlive(running.supervisor);
}

/**
 * Starts the daemon unless it runs under its supervisor; replaces one from before an upgrade. It lives on when this process
 * ends.
 *
 * @param codeRoot the project's folder
 * @returns whether it had to be started
 * @throws Error with the daemon's last words
 */
export async function startDaemon(
  paths: StatePaths,
  platform: PlatformRecord,
  program: DaemonProgram,
  codeRoot: string,
): Promise<{ started: boolean }> {
  const plan = planNetwork(platform.network);
  if (isDaemonCurrent(plan, program, codeRoot)) return { started: false };
  await stopDaemon(plan);
  ensureTokens(paths);
  const log = openSync(paths.daemonLog, 'a', 0o600);
  const node = [process.execPath, '--max-old-space-size=96', program.path, '--state', paths.root, '--code', codeRoot];
  let ended = false;
  try {
    const child = spawn('/bin/sh', ['-c', SUPERVISE, 'sbmcrm-cloud', daemonFile(plan), ...node], {
      cwd: '/',
      detached: true, // a group of its own: it and the daemon are ended together
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin',
        SBMCRM_CACHE: IMAGE_CACHE,
        ...compileCache(),
      },
    });
    child.on('exit', () => {
      ended = true;
    });
    child.unref();
    await waitUntil(() => runningDaemon(plan) !== undefined || ended, 30_000, 20);
  } finally {
    closeSync(log);
  }
  if (!runningDaemon(plan)) {
    const last = readFileSync(paths.daemonLog, 'utf8').trim().split('\n').at(-1) ?? '';
    throw new ToolError('CLOUD_FAILED', `the local cloud's daemon did not start: ${last} (log: ${paths.daemonLog})`);
  }
  return { started: true };
}

/** Compiled code is kept where this process keeps it: a daemon that was killed is back sooner. */
function compileCache(): { NODE_COMPILE_CACHE?: string } {
  const folder = module.getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}

/** A token for each scope, 0600, made once; what a version before had none for is added. */
function ensureTokens(paths: StatePaths): void {
  const known = readJson<Partial<CloudTokens>>(paths.cloudTokens) ?? {};
  if (SCOPES.every((scope) => known[scope])) return;
  const made = Object.fromEntries(SCOPES.map((scope) => [scope, randomBytes(32).toString('hex')]));
  const tokens = { ...made, ...known };
  writeJson(paths.cloudTokens, tokens, 0o600);
}

/** Ends a daemon from before there were supervisors: its record was in the state folder. */
export async function stopOldDaemon(paths: StatePaths): Promise<void> {
  const file = join(paths.root, 'daemon.json');
  const record = readJson<ProcessIdentity>(file);
  if (!record) return;
  if (isAlive(record)) process.kill(record.pid, 'SIGTERM');
  await waitUntil(() => !isAlive(record), 3000, 20);
  rmSync(file, { force: true });
}

/** Ends the daemon of a platform and its supervisor; its hosts live on. */
export async function stopDaemon(plan: NetworkPlan): Promise<void> {
  const record = daemonRecord(plan);
  if (!record) return;
  const { supervisor } = record;
  const isOver = () => !isAlive(record) && !isAlive(supervisor);
  if (isAlive(record)) {
    signal(record.pid, 'SIGTERM');
    await waitUntil(isOver, 3000, 20);
  }
  // It hangs, or is just being started again: the supervisor first, so that nothing follows.
  if (isAlive(supervisor) && supervisor.pid > 1) signal(-supervisor.pid, 'SIGKILL');
  if (isAlive(record)) signal(record.pid, 'SIGKILL');
  await waitUntil(isOver, 3000, 20);
  rmSync(daemonFile(plan), { force: true });
}

/** @param target a pid, or a process group as a negative number; one that has just ended is fine */
function signal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
