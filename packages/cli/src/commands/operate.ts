import { argument, type CommandDefinition, option } from '../program.ts';

const part = () => argument('<part>', 'what to move').choices(['database', 'cache']);

export const failover: CommandDefinition = {
  name: 'failover',
  description: 'promote the standby, also without a healthy primary',
  arguments: [part()],
  options: [option('--to <host>', 'the new primary (default: the standby)')],
  help: '\nExamples:\n  sbmcrm failover database\n  sbmcrm failover cache',
  load: async () => (await import('../handlers/operate.ts')).runFailover,
};

export const switchover: CommandDefinition = {
  name: 'switchover',
  description: 'move the primary as planned: nothing is lost',
  arguments: [part()],
  options: [option('--to <host>', 'the new primary').makeOptionMandatory()],
  help: '\nExamples:\n  sbmcrm switchover database --to postgres-b\n  sbmcrm switchover cache --to redis-b',
  load: async () => (await import('../handlers/operate.ts')).runSwitchover,
};
