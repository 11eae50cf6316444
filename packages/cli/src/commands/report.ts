import { argument, type CommandDefinition, option } from '../program.ts';

export const report: CommandDefinition = {
  name: 'report',
  description: 'the page of a stored drill report; needs no platform',
  arguments: [argument('<file>', 'report.json of a session, or the folder that holds it')],
  options: [option('--out <file>', 'where the page goes (default: beside the report, with .html at its end)')],
  help: '\nExamples:\n  sbmcrm report docs/reports/sync.json --out /tmp/sync.html\n  sbmcrm report .sbmcrm/reports/20261127T120000',
  load: async () => (await import('../handlers/report.ts')).runReport,
};
