import { type CommandDefinition, option } from '../program.ts';

export const down: CommandDefinition = {
  name: 'down',
  description: 'stop everything that `up` started, and nothing else; data stays',
  options: [
    option('--purge', 'delete the state folder too: all data of the platform is gone', false),
    option('--dry-run', 'say what would be done, and do nothing', false),
  ],
  help: '\nExamples:\n  sbmcrm down\n  sbmcrm down --purge\n  sbmcrm down --purge --dry-run   # what would be gone',
  load: async () => (await import('../handlers/down.ts')).runDown,
};
