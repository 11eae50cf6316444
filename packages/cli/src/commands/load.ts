import { wholeNumber } from '../numbers.ts';
import { type CommandDefinition, option } from '../program.ts';

export const load: CommandDefinition = {
  name: 'load',
  description: 'steady load on the platform that is up, and how it was answered; or the highest rate that it carries',
  options: [
    option('--rate <n>', 'requests per second (default: the smaller of 200 and 60 % of the capacity)').argParser(
      wholeNumber(5000),
    ),
    option('--for <duration>', 'how long, after a warm-up', '30s'),
    option('--find-max', 'look for the capacity: steps of rate until p99 exceeds 1 s or requests are refused', false),
    option('--seed <n>', 'the same load again (default: random)').argParser(wholeNumber(2 ** 31)),
    option('--history <file>', 'keep each request as a line of JSON: kind, when it was due and ended, outcome, code'),
  ],
  help: `
Writes, reads and logins in the mix of the drills, as 4 to 16 users, on customers of its own that are put away afterwards.
What --find-max finds is kept beside the state: drills choose their rate by it.

Examples:
  sbmcrm load --rate 50 --for 1m
  sbmcrm load --find-max
  sbmcrm load --rate 300 --for 20s --json | jq .latencyMs.p99
  sbmcrm load --rate 300 --for 20s --history flood.jsonl`,
  load: async () => (await import('../handlers/load.ts')).runLoad,
};
