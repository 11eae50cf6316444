import { FAULT_KINDS, type Fault, type FaultKind } from '@sbmcrm/local';
import { parseDuration } from '@sbmcrm/spec';
import { Argument, type Command, Option } from 'commander';
import { platformOf, print, UsageError } from '../context.ts';
import { table } from '../table.ts';

function forMs(text: string | undefined): { forMs?: number } {
  if (text === undefined) return {};
  try {
    return { forMs: parseDuration(text) };
  } catch (error) {
    throw new UsageError(`--for: ${(error as Error).message}`);
  }
}

export function registerFault(program: Command): void {
  const fault = program.command('fault').description('break something on purpose, and mend it');

  fault
    .command('inject')
    .description('inject a fault: kill HOST/SERVICE · pause HOST[/SERVICE] · stop HOST · isolate HOST')
    .addArgument(new Argument('<kind>').choices([...FAULT_KINDS]))
    .argument('<target>', 'HOST or HOST/SERVICE')
    .option('--for <duration>', 'undo it after this long, e.g. 30s')
    .addOption(
      new Option('--direction <which>', 'isolate: packets to the host, from it, or both').choices([
        'in',
        'out',
        'both',
      ]),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  sbmcrm fault inject stop postgres-a\n  sbmcrm fault inject kill postgres-a/postgres\n  sbmcrm fault inject isolate postgres-a --direction in --for 30s\n  sbmcrm fault inject pause redis-a --for 10s',
    )
    .action(
      async (
        kind: FaultKind,
        target: string,
        options: { for?: string; direction?: 'in' | 'out' | 'both' },
        command: Command,
      ) => {
        const { direction } = options;
        const request = { kind, target, ...forMs(options.for), ...(direction ? { direction } : {}) };
        const injected = await platformOf(command).cloud.injectFault(request);
        const lasts = kind !== 'kill' || injected.until !== undefined;
        const until = injected.until ? `until ${injected.until}` : 'until it is cleared';
        print(command, injected, lasts ? `${injected.id}: ${kind} ${target}, ${until}` : `killed ${target}`);
      },
    );

  fault
    .command('list')
    .description('faults that last')
    .action(async (_options: unknown, command: Command) => {
      const faults = await platformOf(command).cloud.listFaults();
      print(command, faults, faults.length === 0 ? 'no faults' : faultTable(faults));
    });

  fault
    .command('clear')
    .description('undo a fault, or all of them')
    .argument('[id]', 'as `fault list` shows it, or all', 'all')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { cloud } = platformOf(command);
      const ids = id === 'all' ? (await cloud.listFaults()).map((each) => each.id) : [id];
      // One that cannot be cleared keeps none of the others.
      const results = await Promise.allSettled(ids.map((each) => cloud.clearFault(each)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
      print(command, { cleared: ids }, ids.length === 0 ? 'no faults' : `cleared ${ids.join(', ')}`);
    });
}

function faultTable(faults: readonly Fault[]): string {
  return table([
    ['ID', 'KIND', 'TARGET', 'SINCE', 'UNTIL'],
    ...faults.map((each) => [each.id, each.kind, each.target, each.since, each.until ?? 'cleared']),
  ]);
}
