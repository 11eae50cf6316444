import { wholeNumber } from '../numbers.ts';
import { type CommandDefinition, option } from '../program.ts';

export const demo: CommandDefinition = {
  name: 'demo',
  description: 'see a failover: up, load, the primary’s host lost, healed; once async and once sync',
  options: [
    option('--rate <n>', 'requests per second (default: the smaller of 200 and 60 % of the capacity)').argParser(
      wholeNumber(5000),
    ),
    option('--dwell <duration>', 'how long the load goes on before the platform is healed', '5s'),
    option('--report <dir>', 'where the report goes (default: below the state folder)'),
  ],
  help: '\nThe platform stays up afterwards, as sbmcrm.yaml says.\n\nExamples:\n  sbmcrm demo\n  sbmcrm demo --rate 50',
  load: async () => (await import('../handlers/demo.ts')).runDemo,
};
