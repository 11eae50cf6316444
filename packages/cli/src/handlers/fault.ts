import { CloudError, type Fault, type FaultKind, type FaultRequest } from '@sbmcrm/local/cloud';
import { formatDuration, formatPercent, parseDuration, parsePercent } from '@sbmcrm/spec/units';
import type { Command } from 'commander';
import { cloudOf, print } from '../context.ts';
import { UsageError } from '../exit.ts';
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

export async function runFaultInject(
  kind: FaultKind,
  target: string,
  options: InjectOptions,
  command: Command,
): Promise<void> {
  const request = faultRequest(kind, target, options);
  try {
    const injected = await cloudOf(command).cloud.injectFault(request);
    print(command, injected, injectedText(injected));
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    if (error.code === 'BAD_FAULT') throw new UsageError(error.message);
    if (error.code !== 'NO_NETEM') throw error;
    // The machine cannot do it: nothing is broken, and no script should fail over that.
    print(command, { skipped: error.message }, `skipped: ${error.message}`);
  }
}

export async function runFaultList(_options: unknown, command: Command): Promise<void> {
  const faults = await cloudOf(command).cloud.listFaults();
  print(command, faults, faults.length === 0 ? 'no faults' : faultTable(faults));
}

export async function runFaultClear(id: string, _options: unknown, command: Command): Promise<void> {
  const { cloud } = cloudOf(command);
  const ids = id === 'all' ? (await cloud.listFaults()).map((each) => each.id) : [id];
  // One that cannot be cleared keeps none of the others.
  const results = await Promise.allSettled(ids.map((each) => cloud.clearFault(each)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  print(command, { cleared: ids }, ids.length === 0 ? 'no faults' : `cleared ${ids.join(', ')}`);
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
