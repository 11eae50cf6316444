import { moveCache, moveDatabase, type Operation } from '@sbmcrm/platform';
import { Argument, type Command } from 'commander';
import { platformOf, print, progressOf } from '../context.ts';

const PART = new Argument('<part>', 'what to move').choices(['database', 'cache']);

export function registerOperate(program: Command): void {
  const define = (operation: Operation, description: string, examples: string) => {
    const to = '--to <host>';
    const command = program.command(operation).description(description).addArgument(PART);
    if (operation === 'switchover') command.requiredOption(to, 'the new primary');
    else command.option(to, 'the new primary (default: the standby)');
    command
      .addHelpText('after', `\nExamples:\n${examples}`)
      .action(async (part: 'database' | 'cache', options: { to?: string }, self: Command) => {
        const move = part === 'database' ? moveDatabase : moveCache;
        const result = await move(platformOf(self), operation, options.to, progressOf(self));
        print(
          self,
          result,
          `The ${part}'s primary is ${result.to} (was ${result.from ?? 'nobody'}; ${(result.elapsedMs / 1000).toFixed(1)} s).`,
        );
      });
  };
  define(
    'failover',
    'promote the standby, also without a healthy primary',
    '  sbmcrm failover database\n  sbmcrm failover cache',
  );
  define(
    'switchover',
    'move the primary as planned: nothing is lost',
    '  sbmcrm switchover database --to postgres-b\n  sbmcrm switchover cache --to redis-b',
  );
}
