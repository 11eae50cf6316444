import { argument, type CommandDefinition, option } from '../program.ts';

export const metrics: CommandDefinition = {
  name: 'metrics',
  description: 'what the platform does, in figures: all of them now, or one over time',
  arguments: [argument('[metric]', 'a name as in docs/reference/metrics.md, or a query in Prometheus’ language')],
  options: [option('--for <duration>', 'how far back a chart goes, 1m to 30d', '15m')],
  help: "\nExamples:\n  sbmcrm metrics                      # every metric, as it is now\n  sbmcrm metrics cpu --for 1h\n  sbmcrm metrics 'sum(rate(haproxy_frontend_bytes_out_total[1m]))'",
  load: async () => (await import('../handlers/metrics.ts')).runMetrics,
};
