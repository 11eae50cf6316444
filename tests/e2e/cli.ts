import { execFile, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

export const PROJECT = resolve(import.meta.dirname, '../..');
export const SBMCRM = join(PROJECT, 'packages/cli/bin/sbmcrm.js');

// A worker whose runner was killed must not go on: it would bring platforms up that nobody takes down.
process.once('disconnect', () => process.exit(1));

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the CLI as a user does. Never throws: the exit code is part of the answer. */
export function sbmcrm(
  args: readonly string[],
  options: { prefix?: readonly string[]; cwd?: string } = {},
): Promise<CliResult> {
  const [command = '', ...rest] = [...(options.prefix ?? []), process.execPath, SBMCRM, ...args];
  return new Promise((done) => {
    execFile(command, rest, { cwd: options.cwd ?? PROJECT, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      done({ code, stdout, stderr });
    });
  });
}

/** Starts the CLI and gives the process, for tests that interrupt it. */
export function startSbmcrm(args: readonly string[]): ReturnType<typeof spawn> {
  return spawn(process.execPath, [SBMCRM, ...args], { cwd: PROJECT, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Polls until `probe` returns something; for state that the platform reaches by itself. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
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
