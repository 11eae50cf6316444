import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Runtime } from '@sbmcrm/local';
import { type Platform, readSecrets } from '@sbmcrm/platform';
import { planNetwork } from '@sbmcrm/topology';
import type { Command } from 'commander';
import { platformOf, print, UsageError } from '../context.ts';

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

async function hostOf(platform: Platform, name: string): Promise<{ services: string[]; running: boolean }> {
  const host = await platform.cloud.hostState(name);
  return { services: host.services.map((service) => service.name), running: host.initPid !== null };
}

export function registerInspect(program: Command): void {
  program
    .command('logs <target>')
    .description('what a host or one of its services said (target: HOST or HOST/SERVICE)')
    .option('-f, --follow', 'go on as it says more, until Ctrl-C', false)
    .option('-n, --lines <n>', 'how many lines from the end', '100')
    .addHelpText('after', '\nExamples:\n  sbmcrm logs postgres-a/patroni\n  sbmcrm logs sbmcrm-api-01/api -f')
    .action(async (target: string, { follow, lines }: { follow: boolean; lines: string }, command: Command) => {
      if (!/^\d{1,6}$/.test(lines)) throw new UsageError(`--lines "${lines}": give a whole number`);
      const platform = platformOf(command);
      const [name = '', wanted, ...rest] = target.split('/');
      const { services } = await hostOf(platform, name);
      // PostgreSQL speaks through Patroni's log.
      const service = wanted === 'postgres' ? 'patroni' : wanted;
      if (rest.length > 0 || (service !== undefined && !services.includes(service))) {
        throw new UsageError(
          `host ${name} has no service "${target.slice(name.length + 1)}" (it has: ${services.join(', ')})`,
        );
      }
      const folder = platform.paths.host(name).log;
      const files = (service ? [service] : services)
        .map((each) => join(folder, each, 'current'))
        .filter((file) => existsSync(file));
      const console_ = join(folder, 'console.log');
      if (!service && existsSync(console_)) files.push(console_);
      await passThrough('tail', ['-n', lines, ...(follow ? ['-F'] : []), ...files]);
    });

  program
    .command('exec')
    .description('run a command inside a host')
    .argument('<host>')
    .argument('<command...>', 'after --')
    .addHelpText('after', '\nExamples:\n  sbmcrm exec postgres-a -- ps aux\n  sbmcrm exec lb-a -- bash')
    .action(async (name: string, words: string[], _options: unknown, command: Command) => {
      const platform = platformOf(command);
      if (!(await hostOf(platform, name)).running) throw new Error(`host ${name} is not running`);
      const runtime = new Runtime(planNetwork(platform.record.network));
      const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
      await passThrough('runc', runtime.interactiveArgs(name, words, terminal));
    });

  program
    .command('credentials')
    .description('the admin login')
    .addHelpText('after', '\nExamples:\n  sbmcrm credentials\n  sbmcrm credentials --json | jq -r .password')
    .action((_options: unknown, command: Command) => {
      const { adminEmail: email, adminPassword: password } = readSecrets(platformOf(command).paths);
      print(command, { email, password }, `${email}  ${password}`);
    });
}
