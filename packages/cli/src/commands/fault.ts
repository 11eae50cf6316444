import { CloudError, FAULT_KINDS, type Fault, type FaultKind, type FaultRequest } from '@sbmcrm/local';
import { formatDuration, formatPercent, parseDuration, parsePercent } from '@sbmcrm/spec';
import { Argument, type Command, Option } from 'commander';
import { platformOf, print, UsageError } from '../context.ts';
import { table } from '../table.ts';

interface InjectOptions {
  for?: string;
  direction?: 'in' | 'out' | 'both';
  loss?: string;
  latency?: string;
}

/** An option's value, read by a parser of the spec's units. @throws UsageError naming the option */
function read(option: string, text: string, parse: (text: string) => number): number {
  try {
    return parse(text);
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
}

function faultRequest(kind: FaultKind, target: string, options: InjectOptions): FaultRequest {
  const { direction, loss, latency } = options;
  return {
    kind,
    target,
    ...(direction === undefined ? {} : { direction }),
    ...(loss === undefined ? {} : { lossPercent: read('--loss', loss, parsePercent) }),
    ...(latency === undefined ? {} : { latencyMs: read('--latency', latency, parseDuration) }),
    ...(options.for === undefined ? {} : { forMs: read('--for', options.for, parseDuration) }),
  };
}

const EXAMPLES = `
Targets:
  stop HOST or zone-ZONE              no power: data link down, then killed
  pause HOST, HOST/SERVICE, zone-ZONE frozen
  kill HOST/SERVICE                   SIGKILL; its supervisor starts it again, with --for only after that long
  isolate HOST or zone-ZONE           no frame on the data network, not even from this machine
  cut ZONE-ZONE                       no frame between hosts of the two zones
  slow HOST                           frames to and from the host are lost (--loss), or arrive late (--latency)
  fill HOST                           its disk has no room left; the machine's is not touched

Examples:
  sbmcrm fault inject stop postgres-a
  sbmcrm fault inject stop zone-a                      # every host of a zone at once
  sbmcrm fault inject kill postgres-a/postgres
  sbmcrm fault inject isolate postgres-a --direction in --for 30s
  sbmcrm fault inject pause redis-a --for 10s
  sbmcrm fault inject cut a-b
  sbmcrm fault inject slow postgres-b --loss 5% --latency 200ms
  sbmcrm fault inject fill postgres-a --for 1m`;

export function registerFault(program: Command): void {
  const fault = program.command('fault').description('break something on purpose, and mend it');

  fault
    .command('inject')
    .description('inject a fault')
    .addArgument(new Argument('<kind>').choices([...FAULT_KINDS]))
    .argument('<target>', 'what to break, see below')
    .option('--for <duration>', 'undo it after this long, e.g. 30s')
    .addOption(
      new Option('--direction <which>', 'isolate: packets to the host, from it, or both').choices([
        'in',
        'out',
        'both',
      ]),
    )
    .option('--loss <percent>', 'slow: how many frames are lost each way, e.g. 5%')
    .option('--latency <duration>', 'slow: how much later frames to the host arrive, e.g. 200ms')
    .addHelpText('after', EXAMPLES)
    .action(async (kind: FaultKind, target: string, options: InjectOptions, command: Command) => {
      const request = faultRequest(kind, target, options);
      try {
        const injected = await platformOf(command).cloud.injectFault(request);
        print(command, injected, injectedText(injected));
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        if (error.code === 'BAD_FAULT') throw new UsageError(error.message);
        if (error.code !== 'NO_NETEM') throw error;
        // The machine cannot do it: nothing is broken, and no script should fail over that.
        print(command, { skipped: error.message }, `skipped: ${error.message}`);
      }
    });

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

function injectedText(fault: Fault): string {
  if (fault.kind === 'kill' && fault.until === undefined) return `killed ${fault.target}`;
  const what = [`${fault.kind} ${fault.target}`, ...faultDetails(fault)].join(', ');
  return `${fault.id}: ${what}, ${fault.until ? `until ${fault.until}` : 'until it is cleared'}`;
}

function faultDetails({ direction, lossPercent, latencyMs, hosts, note }: Fault): string[] {
  return [
    ...(direction === undefined ? [] : [`direction ${direction}`]),
    ...(lossPercent === undefined ? [] : [`loss ${formatPercent(lossPercent)}`]),
    ...(latencyMs === undefined ? [] : [`latency ${formatDuration(latencyMs)}`]),
    ...(hosts === undefined ? [] : [hosts.length === 1 ? '1 host' : `${hosts.length} hosts`]),
    ...(note === undefined ? [] : [note]),
  ];
}

function faultTable(faults: readonly Fault[]): string {
  return table([
    ['ID', 'KIND', 'TARGET', 'SINCE', 'UNTIL', 'DETAILS'],
    ...faults.map((each) => [
      each.id,
      each.kind,
      each.target,
      each.since,
      each.until ?? 'cleared',
      faultDetails(each).join(', '),
    ]),
  ]);
}
