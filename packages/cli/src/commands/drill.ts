import { InvalidArgumentError } from 'commander';
import { wholeNumber } from '../numbers.ts';
import { argument, type CommandDefinition, option } from '../program.ts';

/** Above this the load itself would need more than this machine's cores. */
const MOST_RATE = 5000;
const MOST_REPEATS = 1000;
const MOST_FAULTS = 1000;

function setting(text: string, before: Record<string, string>): Record<string, string> {
  const [, key, value] = /^([A-Za-z0-9_.]+)=(.+)$/.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw new InvalidArgumentError('give KEY=VALUE, e.g. database.replicationMode=sync');
  return { ...before, [key]: value };
}

/** Of all that run drills. */
const OPTIONS = [
  option('--rate <n>', 'requests per second (default: the smaller of 200 and 60 % of the capacity)').argParser(
    wholeNumber(MOST_RATE),
  ),
  option('--seed <n>', 'the same load again (default: random)').argParser(wholeNumber(2 ** 31)),
  option('--report <dir>', 'where report.html, report.json and the histories go (default: below the state folder)'),
  option('--dwell <duration>', 'how long the load goes on before the platform is healed', '20s'),
  option('--heal-within <duration>', 'how long the platform may take to heal by itself', '2m'),
  option('--resume', 'go on with the newest session of these drills that was cut (or the one in --report)', false),
  option('--set <key=value>', 'change the spec while it lasts; may be given several times', {}).argParser(setting),
];

export const drill: CommandDefinition = {
  name: 'drill',
  description: 'failover tests with steady load: what is lost, for how long, and is it all there',
  commands: [
    {
      name: 'list',
      description: 'the drills there are',
      load: async () => (await import('../handlers/drill.ts')).runDrillList,
    },
    {
      name: 'run',
      description:
        'run drills on the platform that is up, one after the other; exit code 1 when one fails or shows nothing',
      arguments: [argument('[name...]', 'as `drill list` shows them, or all')],
      options: [option('--repeat <n>', 'run each so many times', 1).argParser(wholeNumber(MOST_REPEATS)), ...OPTIONS],
      help: '\nExamples:\n  sbmcrm drill run database-host-loss\n  sbmcrm drill run all --set database.replicationMode=sync\n  sbmcrm drill run zone-loss-a load-balancer-loss --repeat 5 --report /tmp/report\n  sbmcrm drill run all --resume                         # after Ctrl-C or a reboot',
      load: async () => (await import('../handlers/drill.ts')).runDrillRun,
    },
    {
      name: 'soak',
      description: 'random faults that overlap, in run after run, on the platform that is up; in sync mode',
      options: [option('--faults <n>', 'so many faults in all', 20).argParser(wholeNumber(MOST_FAULTS)), ...OPTIONS],
      help: '\nEach run hits one to three parts of the platform at a time, and one member of each; before the next run all is healed.\nThe seed says what and when: that of a run, in the report, does the same again.\n\nExamples:\n  sbmcrm drill soak --faults 20 --seed 1\n  sbmcrm drill soak --resume            # after Ctrl-C or a reboot\n  # the run of that seed again\n  sbmcrm drill run soak --seed 7 --set database.replicationMode=sync',
      load: async () => (await import('../handlers/drill.ts')).runDrillSoak,
    },
  ],
};
