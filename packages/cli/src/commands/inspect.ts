import { argument, type CommandDefinition, option } from '../program.ts';

export const logs: CommandDefinition = {
  name: 'logs',
  description: 'what hosts and their services said: of one, or of all by their times (target: HOST or HOST/SERVICE)',
  arguments: [argument('[target]', 'default: every host')],
  options: [
    option('-f, --follow', 'go on as they say more, until Ctrl-C', false),
    option('-n, --lines <n>', 'how many lines from the end (default: 100; with --since 10000)'),
    option('--since <duration>', 'how far back, 1s to 30d'),
    option('--level <level>', 'only what is as grave, by what it says itself: debug, info, warning or error'),
    option('--grep <pattern>', 'only lines that this regular expression matches, such as the id of a request'),
  ],
  help: '\nThe id of a request is in the header X-Request-Id of its answer.\n\nExamples:\n  sbmcrm logs postgres-a/patroni\n  sbmcrm logs sbmcrm-api-01/api -f\n  sbmcrm logs --since 5m\n  sbmcrm logs --since 1h --level warning\n  sbmcrm logs --since 1h --grep 5f0c1a7e-55b4-4c0a-9d3a-0f6f2a9a7b11\n  sbmcrm logs --follow --grep "error|fatal" --json',
  load: async () => (await import('../handlers/logs.ts')).runLogs,
};

export const exec: CommandDefinition = {
  name: 'exec',
  description: 'run a command inside a host',
  arguments: [argument('<host>'), argument('<command...>', 'after --')],
  help: '\nExamples:\n  sbmcrm exec postgres-a -- ps aux\n  sbmcrm exec lb-a -- bash',
  load: async () => (await import('../handlers/exec.ts')).runExec,
};

export const credentials: CommandDefinition = {
  name: 'credentials',
  description: 'the admin login',
  help: '\nExamples:\n  sbmcrm credentials\n  sbmcrm credentials --json | jq -r .password',
  load: async () => (await import('../handlers/credentials.ts')).runCredentials,
};
