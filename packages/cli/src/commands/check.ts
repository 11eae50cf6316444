import type { CommandDefinition } from '../program.ts';

export const check: CommandDefinition = {
  name: 'check',
  description: 'lint the spec: what would fail, why, and the mending line; exit code 1 on errors',
  help: '\nExamples:\n  sbmcrm check\n  sbmcrm check --spec other.yaml --json',
  load: async () => (await import('../handlers/check.ts')).runCheck,
};
