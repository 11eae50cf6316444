import { argument, type CommandDefinition, option } from '../program.ts';

export const silence: CommandDefinition = {
  name: 'silence',
  description: 'have nobody told of an alert for a while',
  help: '\nThe alerts themselves go on: `status` shows them, and what is silenced. Drills silence what they cause by themselves.\n\nExamples:\n  sbmcrm silence add HostDown --host replica-a --for 2h --comment "new disk"\n  sbmcrm silence list\n  sbmcrm silence end all',
  commands: [
    {
      name: 'add',
      description: 'begin one',
      arguments: [argument('<alert>', 'a name as in docs/runbooks/alerts.md, or all')],
      options: [
        option('--host <name>', 'only where it is about this host'),
        option('--for <duration>', 'how long it lasts, 1m to 30d', '1h'),
        option('--comment <text>', 'why, for those who wonder', 'no reason given'),
      ],
      load: async () => (await import('../handlers/silence.ts')).runSilenceAdd,
    },
    {
      name: 'list',
      description: 'silences that hold',
      load: async () => (await import('../handlers/silence.ts')).runSilenceList,
    },
    {
      name: 'end',
      description: 'end one, or all of them',
      arguments: [argument('<id>', 'as `silence list` shows it, or its beginning, or all')],
      load: async () => (await import('../handlers/silence.ts')).runSilenceEnd,
    },
  ],
};
