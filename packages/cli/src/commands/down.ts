import { down } from '@sbmcrm/platform';
import type { Command } from 'commander';
import { print, progressOf, workspaceOf } from '../context.ts';

export function registerDown(program: Command): void {
  program
    .command('down')
    .description('stop everything that `up` started, and nothing else; data stays')
    .option('--purge', 'delete the state folder too: all data of the platform is gone', false)
    .addHelpText('after', '\nExamples:\n  sbmcrm down\n  sbmcrm down --purge')
    .action(async ({ purge }: { purge: boolean }, command: Command) => {
      const workspace = workspaceOf(command);
      const stopped = await down(workspace, {
        purge,
        progress: progressOf(command),
      });
      const text = stopped
        ? purge
          ? 'The platform is gone.'
          : 'The platform is down; `sbmcrm up` brings it back with its data.'
        : 'There is nothing to stop.';
      print(command, { stopped, purged: stopped && purge }, text);
    });
}
