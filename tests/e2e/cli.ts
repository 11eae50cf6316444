import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

export const PROJECT = resolve(import.meta.dirname, '../..');
export const SBMCRM = join(PROJECT, 'packages/cli/bin/sbmcrm.js');

// A worker whose runner was killed must not go on: it would bring platforms up that nobody takes down.
process.once('disconnect', () => process.exit(1));

/** How long a command that was interrupted may take to heal what it broke. */
const HEAL_MS = 180_000;

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

const running = new Map<ChildProcess, Promise<unknown>>();

function remember(child: ChildProcess): void {
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  running.set(child, ended);
  void ended.then(() => running.delete(child));
}

/** Ends what a test that failed left running, in good order where that is possible: a drill heals. */
export async function endChildren(): Promise<void> {
  for (const [child, ended] of running) {
    child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGKILL'), HEAL_MS);
    await ended;
    clearTimeout(timer);
  }
}

/** Runs the CLI as a user does. Never throws: the exit code is part of the answer. */
export function sbmcrm(
  args: readonly string[],
  options: { prefix?: readonly string[]; cwd?: string; cli?: string } = {},
): Promise<CliResult> {
  const [command = '', ...rest] = [...(options.prefix ?? []), process.execPath, options.cli ?? SBMCRM, ...args];
  return new Promise((done) => {
    const settings = { cwd: options.cwd ?? PROJECT, maxBuffer: 16 * 1024 * 1024 };
    const child = execFile(command, rest, settings, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      done({ code, stdout, stderr });
    });
    remember(child);
  });
}

/** A command that runs: for tests that interrupt it, or follow what it says. */
export interface RunningCommand {
  /** What it said so far. */
  readonly stdout: string;
  readonly stderr: string;
  readonly hasEnded: boolean;
  /** Its exit code once it has ended; null when a signal ended it. Never rejects. */
  readonly ended: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

export function startSbmcrm(args: readonly string[]): RunningCommand {
  const child = spawn(process.execPath, [SBMCRM, ...args], { cwd: PROJECT, stdio: ['ignore', 'pipe', 'pipe'] });
  remember(child);
  const said = { stdout: '', stderr: '', hasEnded: false };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      said.hasEnded = true;
      resolve(code);
    });
  });
  return Object.assign(said, { ended, kill: (signal: NodeJS.Signals) => void child.kill(signal) });
}

/** Long for what takes a second on a machine that is left alone: others may need the machine, too. */
export const PATIENCE_MS = 240_000;

/** Polls until `probe` returns something; for state that the platform reaches by itself. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end)
      throw new Error(`${what}: not within ${timeoutMs / 1000} s${last ? ` (${String(last)})` : ''}`);
    await new Promise((next) => setTimeout(next, 250));
  }
}
