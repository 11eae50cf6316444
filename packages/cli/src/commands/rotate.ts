import { argument, type CommandDefinition, option } from '../program.ts';

export const rotate: CommandDefinition = {
  name: 'rotate',
  description: 'give parts of a running platform new passwords or certificates, without a request that fails',
  arguments: [argument('[parts...]', 'database, replication, cache, cluster, admin, certificates')],
  options: [option('--all', 'every part', false)],
  help: "\nThe new ones are accepted before they are used, and the old ones until nobody uses them, where a server\ncan have two. Cut short at any\nmoment, the same command goes on; `status` says so until then.\n\nExamples:\n  sbmcrm rotate database           # the application's login\n  sbmcrm rotate certificates       # etcd's authority, and what it signed\n  sbmcrm rotate --all",
  load: async () => (await import('../handlers/rotate.ts')).runRotate,
};
