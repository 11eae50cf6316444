import { wholeNumber } from '../numbers.ts';
import { type CommandDefinition, option } from '../program.ts';

export const up: CommandDefinition = {
  name: 'up',
  description: 'bring the platform up, or back to health: safe to run at any time',
  options: [
    option('--network <cidr>', 'private /16 of the platform (default 10.77.0.0/16)'),
    option('--port <n>', 'port on 127.0.0.1 that leads to the platform (default 8080)').argParser(wholeNumber(65535)),
    option('--mirror <url>', "Debian mirror for the image of hosts (default: the one of this machine's apt)"),
    option('--no-install', 'refuse instead of installing missing Debian packages'),
    option('--dry-run', 'say what would be done, and do nothing', false),
    option('--force', 'run also with a spec in which `check` finds errors', false),
  ],
  help: '\nExamples:\n  sbmcrm up\n  sbmcrm up --dry-run        # what a changed spec, or ruins, would lead to\n  sbmcrm up --network 10.78.0.0/16 --state /tmp/other   # a second platform beside the first',
  load: async () => (await import('../handlers/up.ts')).runUp,
};
