import { wholeNumber } from '../numbers.ts';
import { argument, type CommandDefinition, option } from '../program.ts';

const MOST_INSTANCES = 99;
const count = wholeNumber(MOST_INSTANCES);

export const scale: CommandDefinition = {
  name: 'scale',
  description: 'how many API servers there are, or another number of them from now on',
  arguments: [argument('[count]', 'how many (default: shows how it stands)').argParser(count)],
  options: [
    option('--min <n>', 'never fewer').argParser(count),
    option('--max <n>', 'never more').argParser(count),
    option('--no-wait', 'do not wait until it is so'),
  ],
  help: '\nIt holds until the load, somebody else or a change of application.autoScaling in the spec wants another number. One that\ngoes gets no new sessions first, and answers what it was asked; each zone keeps one.\n\nExamples:\n  sbmcrm scale                    # how it stands\n  sbmcrm scale 4\n  sbmcrm scale --min 3 --max 8',
  load: async () => (await import('../handlers/scale.ts')).runScale,
};
