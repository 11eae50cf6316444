import { type FaultKindInfo, type FaultOption, formsText } from '@sbmcrm/cloud';
import { FAULT_KINDS } from '@sbmcrm/local/faults';
import type { Option } from 'commander';
import { argument, type CommandDefinition, option } from '../program.ts';

const kinds: [string, FaultKindInfo][] = Object.entries(FAULT_KINDS);

/** What each kind takes and does, a line each. */
const KINDS = kinds
  .map(([name, { takes, about }]) => `  ${name.padEnd(8)} ${formsText(takes)}\n           ${about}`)
  .join('\n');

/** An option of a kind, or of several that share it. */
function kindOption([key, of]: [string, FaultOption]): Option {
  const owners = kinds.filter(([, kind]) => kind.options?.[key] === of).map(([name]) => name);
  const about = `${owners.join(', ')}: ${of.about}`;
  return 'choices' in of
    ? option(`--${of.flag} <which>`, about).choices([...of.choices])
    : option(`--${of.flag} <${of.unit}>`, `${about}, e.g. ${of.example}`);
}

const options = Object.entries(
  Object.assign({}, ...kinds.map(([, kind]) => kind.options ?? {})) as Record<string, FaultOption>,
);

const EXAMPLES = `
Kinds and their targets:
${KINDS}

Examples:
  sbmcrm fault inject stop postgres-a
  sbmcrm fault inject stop postgres-a redis-a          # both in one stroke
  sbmcrm fault inject stop zone-a                      # every host of a zone at once
  sbmcrm fault inject kill postgres-a/postgres
  sbmcrm fault inject isolate postgres-a --direction in --for 30s
  sbmcrm fault inject pause redis-a --for 10s
  sbmcrm fault inject cut a-b
  sbmcrm fault inject slow postgres-b --loss 5% --latency 200ms
  sbmcrm fault inject fill postgres-a --for 1m`;

export const fault: CommandDefinition = {
  name: 'fault',
  description: 'break something on purpose, and mend it',
  commands: [
    {
      name: 'inject',
      description: 'inject a fault, or several of a kind in one stroke',
      arguments: [
        argument('<kind>').choices(kinds.map(([name]) => name)),
        argument('<target...>', 'what to break, see below'),
      ],
      options: [option('--for <duration>', 'undo it after this long, e.g. 30s'), ...options.map(kindOption)],
      help: EXAMPLES,
      load: async () => (await import('../handlers/fault.ts')).runFaultInject,
    },
    {
      name: 'list',
      description: 'faults that last',
      load: async () => (await import('../handlers/fault.ts')).runFaultList,
    },
    {
      name: 'clear',
      description: 'undo a fault, or all of them',
      arguments: [argument('[id]', 'as `fault list` shows it, or all').default('all')],
      load: async () => (await import('../handlers/fault.ts')).runFaultClear,
    },
  ],
};
