import { type CommandDefinition, option } from '../program.ts';

export const maintenance: CommandDefinition = {
  name: 'maintenance',
  description: 'hold the database’s automatic failover while you work on its hosts',
  help: '\nMeanwhile nobody takes over from a primary that fails, and no server of the database is started or copied by\nitself; a switchover or failover by hand works. `status` reminds of it, and it ends by itself.\n\nExamples:\n  sbmcrm maintenance on --for 1h\n  sbmcrm maintenance off',
  commands: [
    {
      name: 'on',
      description: 'begin it, or give it another end',
      options: [option('--for <duration>', 'how long it lasts, 10s to 1d', '1h')],
      load: async () => (await import('../handlers/maintenance.ts')).runMaintenanceOn,
    },
    {
      name: 'off',
      description: 'end it now',
      load: async () => (await import('../handlers/maintenance.ts')).runMaintenanceOff,
    },
  ],
};
