import { spawn } from 'node:child_process';
import { CloudError, type ProgramCall } from '@sbmcrm/cloud';
import { ToolError } from '@sbmcrm/errors';
import type { Command } from 'commander';
import { cloudOf } from '../context.ts';
import { UsageError } from '../exit.ts';

/** Runs a command with this process' terminal and ends with its exit code. */
function passThrough({ program, args }: ProgramCall): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    process.on('SIGINT', () => {}); // the child gets it from the terminal too, and decides
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal ? 130 : 1);
      resolve();
    });
  });
}

export async function runLogs(
  target: string,
  { follow, lines }: { follow: boolean; lines: string },
  command: Command,
): Promise<void> {
  if (!/^\d{1,6}$/.test(lines)) throw new UsageError(`--lines "${lines}": give a whole number`);
  const { access } = cloudOf(command).cloud;
  if (!access.logs) throw new ToolError('NOT_OFFERED', 'where these hosts are, nobody sees their logs');
  const [name = '', ...rest] = target.split('/');
  const service = rest.length > 0 ? rest.join('/') : undefined;
  let log: ProgramCall | undefined;
  try {
    log = access.logs(name, service, { lines: Number(lines), follow });
  } catch (error) {
    if (error instanceof CloudError && error.code === 'UNKNOWN_SERVICE') throw new UsageError(error.message);
    throw error;
  }
  if (!log) throw new ToolError('NOTHING_SAID', `${target} has said nothing yet`);
  await passThrough(log);
}

export async function runExec(name: string, words: string[], _options: unknown, command: Command): Promise<void> {
  const { access } = cloudOf(command).cloud;
  if (!access.exec) throw new ToolError('NOT_OFFERED', 'where these hosts are, they have no shell');
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  await passThrough(await access.exec(name, words, terminal));
}
