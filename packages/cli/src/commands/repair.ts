import { argument, type CommandDefinition, option } from '../program.ts';

export const repair: CommandDefinition = {
  name: 'repair',
  description: 'give up data that are of no use any more, and get them again from the others',
  arguments: [argument('[host]', 'of this host alone (default: of all)')],
  options: [option('--force', 'also data that nothing is known to be wrong with; needs a host', false)],
  help: '\nThe primary is never touched: move it away first, if its own data are damaged. Nothing is given up\nwithout something good to get it from.\n\nExamples:\n  sbmcrm repair                    # what `status` calls damaged\n  sbmcrm repair replica-a\n  sbmcrm repair postgres-b --force # copies the standby anew',
  load: async () => (await import('../handlers/repair.ts')).runRepair,
};
