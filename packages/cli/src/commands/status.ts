import { type CommandDefinition, option } from '../program.ts';

export const status: CommandDefinition = {
  name: 'status',
  description: 'hosts, roles, lag, health and faults; exit code 3 when degraded or down',
  options: [option('--watch', 'show it again every second until Ctrl-C', false)],
  help: '\nExamples:\n  sbmcrm status\n  sbmcrm status --watch\n  sbmcrm status --json | jq .database.primary',
  load: async () => (await import('../handlers/status.ts')).runStatus,
};
