import { FAULT_KINDS } from '@sbmcrm/local/cloud';
import { argument, type CommandDefinition, option } from '../program.ts';

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

export const fault: CommandDefinition = {
  name: 'fault',
  description: 'break something on purpose, and mend it',
  commands: [
    {
      name: 'inject',
      description: 'inject a fault',
      arguments: [argument('<kind>').choices([...FAULT_KINDS]), argument('<target>', 'what to break, see below')],
      options: [
        option('--for <duration>', 'undo it after this long, e.g. 30s'),
        option('--direction <which>', 'isolate: packets to the host, from it, or both').choices(['in', 'out', 'both']),
        option('--loss <percent>', 'slow: how many frames are lost each way, e.g. 5%'),
        option('--latency <duration>', 'slow: how much later frames to the host arrive, e.g. 200ms'),
      ],
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
