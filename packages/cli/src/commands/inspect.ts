import { argument, type CommandDefinition, option } from '../program.ts';

export const logs: CommandDefinition = {
  name: 'logs',
  description: 'what a host or one of its services said (target: HOST or HOST/SERVICE)',
  arguments: [argument('<target>')],
  options: [
    option('-f, --follow', 'go on as it says more, until Ctrl-C', false),
    option('-n, --lines <n>', 'how many lines from the end', '100'),
  ],
  help: '\nExamples:\n  sbmcrm logs postgres-a/patroni\n  sbmcrm logs sbmcrm-api-01/api -f',
  load: async () => (await import('../handlers/inspect.ts')).runLogs,
};

export const exec: CommandDefinition = {
  name: 'exec',
  description: 'run a command inside a host',
  arguments: [argument('<host>'), argument('<command...>', 'after --')],
  help: '\nExamples:\n  sbmcrm exec postgres-a -- ps aux\n  sbmcrm exec lb-a -- bash',
  load: async () => (await import('../handlers/inspect.ts')).runExec,
};

export const credentials: CommandDefinition = {
  name: 'credentials',
  description: 'the admin login',
  help: '\nExamples:\n  sbmcrm credentials\n  sbmcrm credentials --json | jq -r .password',
  load: async () => (await import('../handlers/credentials.ts')).runCredentials,
};
