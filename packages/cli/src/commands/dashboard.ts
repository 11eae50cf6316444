import { wholeNumber } from '../numbers.ts';
import { type CommandDefinition, option } from '../program.ts';

export const dashboard: CommandDefinition = {
  name: 'dashboard',
  description: 'what the platform does, as charts on one page: written to a file, or served to this machine',
  options: [
    option('--for <duration>', 'how far back the charts go, 1m to 30d', '1h'),
    option('--out <file>', 'where the page goes', 'dashboard.html'),
    option('--serve', 'serve it on 127.0.0.1 instead, with new figures every 5 s', false),
    option('--port <port>', 'where it is served (default: one that is free)').argParser(wholeNumber(65_535)),
    option('--grafana', 'print a dashboard for Grafana instead; needs no platform', false),
  ],
  help: '\nThe page needs no other file, and nothing from outside.\n\nExamples:\n  sbmcrm dashboard --for 6h --out /tmp/night.html\n  sbmcrm dashboard --serve\n  sbmcrm dashboard --grafana > sbmcrm-grafana.json',
  load: async () => (await import('../handlers/dashboard.ts')).runDashboard,
};
