import { type CommandDefinition, option } from '../program.ts';

export const events: CommandDefinition = {
  name: 'events',
  description:
    'what happened: roles that moved, instances that came or went, alerts, commands, faults, fences and tasks, and who or what decided it',
  options: [
    option('--since <duration>', 'how far back, 1m to 365d', '1d'),
    option('--kind <kinds>', 'of these kinds alone, such as alert,command'),
    option('-f, --follow', 'go on with what happens', false),
  ],
  help: '\nExamples:\n  sbmcrm events --since 1h\n  sbmcrm events --kind alert --follow\n  sbmcrm events --since 30d --json',
  load: async () => (await import('../handlers/events.ts')).runEvents,
};
