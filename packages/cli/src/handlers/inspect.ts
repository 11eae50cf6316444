import { spawn } from 'node:child_process';
import { ToolError } from '@sbmcrm/errors';
import { cachedImage, definedServices, logCommand, Runtime } from '@sbmcrm/local';
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

export async function runLogs(
  target: string,
  { follow, lines }: { follow: boolean; lines: string },
  command: Command,
): Promise<void> {
  if (!/^\d{1,6}$/.test(lines)) throw new UsageError(`--lines "${lines}": give a whole number`);
  const { paths } = cloudOf(command);
  const [name = '', wanted, ...rest] = target.split('/');
  // From the state folder alone: logs are read when things are down.
  const defined = definedServices(paths, name);
  const services = defined.map((each) => each.name);
  // What a service starts speaks through that one's log.
  const service = defined.find(({ child }) => child !== undefined && child.name === wanted)?.name ?? wanted;
  if (rest.length > 0 || (service !== undefined && !services.includes(service))) {
    throw new UsageError(
      `host ${name} has no service "${target.slice(name.length + 1)}" (it has: ${services.join(', ')})`,
    );
  }
  const image = cachedImage();
  if (!image) throw new ToolError('IMAGE_FAILED', 'the image of hosts is gone: run `sbmcrm up`');
  const options = { lines: Number(lines), follow };
  const wantedLogs = service === undefined ? services : [service];
  const log = logCommand(paths.host(name), image.root, wantedLogs, service === undefined, options);
  if (!log) throw new ToolError('NOTHING_SAID', `${target} has said nothing yet`);
  await passThrough(...log);
}

export async function runExec(name: string, words: string[], _options: unknown, command: Command): Promise<void> {
  const platform = cloudOf(command);
  if ((await platform.cloud.hostState(name)).initPid === null)
    throw new ToolError('HOST_NOT_RUNNING', `host ${name} is not running`);
  const runtime = new Runtime(planNetwork(platform.record.network));
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  await passThrough('runc', runtime.interactiveArgs(name, words, terminal));
}
