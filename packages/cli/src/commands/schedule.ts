import { argument, type CommandDefinition, option } from '../program.ts';

export const schedule: CommandDefinition = {
  name: 'schedule',
  description: 'what the platform does by itself at set times',
  help: '\nThe spec says what and when (`drills.schedule`); one of the quorum hosts has it done, whichever leads. A time that was missed\nis made up for once. What a run says is below the state folder, in tasks/NAME.log.\n\nExamples:\n  sbmcrm schedule list\n  sbmcrm schedule run database-host-loss    # now, as at its time',
  commands: [
    {
      name: 'list',
      description: 'tasks: when each runs next, and what came of it last',
      load: async () => (await import('../handlers/schedule.ts')).runScheduleList,
    },
    {
      name: 'run',
      description: 'run one now; exit code 1 when it does not pass',
      arguments: [argument('<task>', 'a name as `schedule list` shows it')],
      options: [option('--due <time>', 'the time that it was due at, ISO 8601 (default: now)')],
      load: async () => (await import('../handlers/schedule.ts')).runScheduleRun,
    },
  ],
};
