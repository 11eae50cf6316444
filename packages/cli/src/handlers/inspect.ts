import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Runtime } from '@sbmcrm/local';
import type { PlatformCloud } from '@sbmcrm/platform/cloud';
import { planNetwork } from '@sbmcrm/topology';
import type { Command } from 'commander';
import { cloudOf } from '../context.ts';
import { UsageError } from '../exit.ts';

/** Runs a command with this process' terminal and ends with its exit code. */
function passThrough(program: string, args: readonly string[]): Promise<void> {
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

async function hostOf({ cloud }: PlatformCloud, name: string): Promise<{ services: string[]; running: boolean }> {
  const host = await cloud.hostState(name);
  return { services: host.services.map((service) => service.name), running: host.initPid !== null };
}

export async function runLogs(
  target: string,
  { follow, lines }: { follow: boolean; lines: string },
  command: Command,
): Promise<void> {
  if (!/^\d{1,6}$/.test(lines)) throw new UsageError(`--lines "${lines}": give a whole number`);
  const platform = cloudOf(command);
  const [name = '', wanted, ...rest] = target.split('/');
  const { services } = await hostOf(platform, name);
  // PostgreSQL speaks through Patroni's log.
  const service = wanted === 'postgres' ? 'patroni' : wanted;
  if (rest.length > 0 || (service !== undefined && !services.includes(service))) {
    throw new UsageError(
      `host ${name} has no service "${target.slice(name.length + 1)}" (it has: ${services.join(', ')})`,
    );
  }
  const { log: folder, console: said } = platform.paths.host(name);
  const files = (service ? [service] : services)
    .map((each) => join(folder, each, 'current'))
    .filter((file) => existsSync(file));
  if (!service && existsSync(said)) files.push(said);
  await passThrough('tail', ['-n', lines, ...(follow ? ['-F'] : []), ...files]);
}

export async function runExec(name: string, words: string[], _options: unknown, command: Command): Promise<void> {
  const platform = cloudOf(command);
  if (!(await hostOf(platform, name)).running) throw new Error(`host ${name} is not running`);
  const runtime = new Runtime(planNetwork(platform.record.network));
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  await passThrough('runc', runtime.interactiveArgs(name, words, terminal));
}
