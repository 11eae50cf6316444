import { type CommandDefinition, option } from '../program.ts';

export const slo: CommandDefinition = {
  name: 'slo',
  description: 'how available the service was, against its objective, and what is left of the error budget',
  options: [option('--for <duration>', 'over so long, 5m to 365d (default: monitoring.slo.window)')],
  help: '\nExamples:\n  sbmcrm slo\n  sbmcrm slo --for 1d --json',
  load: async () => (await import('../handlers/slo.ts')).runSlo,
};
