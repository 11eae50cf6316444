import {
  CloudError,
  clearListed,
  type Fault,
  type FaultKinds,
  type FaultOption,
  type FaultRequest,
} from '@sbmcrm/cloud';
import { FAULT_KINDS } from '@sbmcrm/local/faults';
import { formatDuration, formatPercent, parseDuration, parsePercent } from '@sbmcrm/spec/units';
import type { Command } from 'commander';
import { cloudOf } from '../context.ts';
import { UsageError } from '../exit.ts';
import { print } from '../options.ts';
import { table } from '../text/table.ts';

/** By flag, as the user wrote them. */
type InjectOptions = Record<string, string | undefined>;

const kinds: FaultKinds = FAULT_KINDS;
const options: [string, FaultOption][] = Object.values(kinds).flatMap((kind) => Object.entries(kind.options ?? {}));

/** An option's value, read by a parser of the spec's units. @throws UsageError naming the option */
function read(option: string, text: string, parse: (text: string) => number): number {
  try {
    return parse(text);
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
}

/** What is asked of a kind; what does not go with it is for the cloud to refuse. */
function faultRequest(kind: string, target: string, given: InjectOptions): FaultRequest {
  const own = options.flatMap(([key, option]): [string, string | number][] => {
    const text = given[option.flag];
    if (text === undefined) return [];
    if ('choices' in option) return [[key, text]];
    const parse = option.unit === 'percent' ? parsePercent : parseDuration;
    return [[key, read(`--${option.flag}`, text, parse)]];
  });
  const forMs = given.for === undefined ? {} : { forMs: read('--for', given.for, parseDuration) };
  return { kind, target, ...Object.fromEntries(own), ...forMs };
}

export async function runFaultInject(
  kind: string,
  targets: string[],
  given: InjectOptions,
  command: Command,
): Promise<void> {
  const requests = targets.map((target) => faultRequest(kind, target, given));
  try {
    const injected = await cloudOf(command).cloud.injectFaults(requests);
    print(command, injected.length === 1 ? injected[0] : injected, injected.map(injectedText).join('\n'));
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
  // An id that was typed must be there; of all that are listed, some may end meanwhile.
  await (id === 'all' ? clearListed(cloud, ids) : cloud.clearFault(id));
  print(command, { cleared: ids }, ids.length === 0 ? 'no faults' : `cleared ${ids.join(', ')}`);
}

function injectedText(fault: Fault): string {
  const { moment } = kinds[fault.kind] ?? {};
  if (moment !== undefined && fault.until === undefined) return `${moment} ${fault.target}`;
  const what = [`${fault.kind} ${fault.target}`, ...faultDetails(fault)].join(', ');
  return `${fault.id}: ${what}, ${fault.until ? `until ${fault.until}` : 'until it is cleared'}`;
}

function faultDetails(fault: Fault): string[] {
  const { hosts, note } = fault;
  const own = options.filter(([key]) => fault[key] !== undefined);
  return [
    ...own.map(([key, option]) => `${option.flag} ${valueText(option, fault[key])}`),
    ...(hosts === undefined ? [] : [hosts.length === 1 ? '1 host' : `${hosts.length} hosts`]),
    ...(note === undefined ? [] : [note]),
  ];
}

function valueText(option: FaultOption, value: unknown): string {
  if ('choices' in option) return String(value);
  return option.unit === 'percent' ? formatPercent(Number(value)) : formatDuration(Number(value));
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
