import { type PlatformStatus, platformStatus } from '@sbmcrm/platform';
import type { Command } from 'commander';
import { EXIT, globalOptions, platformOf, print } from '../context.ts';
import { statusText } from '../status-text.ts';

const WATCH_INTERVAL_MS = 1000;

export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('hosts, roles, lag, health and faults; exit code 3 when degraded or down')
    .option('--watch', 'show it again every second until Ctrl-C', false)
    .addHelpText(
      'after',
      '\nExamples:\n  sbmcrm status\n  sbmcrm status --watch\n  sbmcrm status --json | jq .database.primary',
    )
    .action(async ({ watch }: { watch: boolean }, command: Command) => {
      const platform = platformOf(command);
      if (watch) return watchStatus(() => platformStatus(platform), globalOptions(command).json === true);
      const status = await platformStatus(platform);
      print(command, status, statusText(status));
      if (status.state !== 'healthy') process.exitCode = EXIT.unhealthy;
    });
}

/** A page a second; with --json a line a second. */
async function watchStatus(read: () => Promise<PlatformStatus>, json: boolean): Promise<void> {
  let running = true;
  process.once('SIGINT', () => {
    running = false;
  });
  const clear = process.stdout.isTTY && !json ? '\x1b[H\x1b[2J' : '';
  while (running) {
    const status = await read();
    console.log(
      json ? JSON.stringify(status) : `${clear}${new Date().toISOString()}  (Ctrl-C ends)\n${statusText(status)}`,
    );
    await new Promise((resolve) => setTimeout(resolve, WATCH_INTERVAL_MS));
  }
}
