import { prometheusReady, prometheusUrl } from '@sbmcrm/engines';
import { METRICS, type Metric, QueryError, query, type Range, type Series } from '@sbmcrm/engines/prometheus';
import { ToolError } from '@sbmcrm/errors';
import { hostsInRole } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';
import { isUp } from '../status/observe.ts';

export { askSlo, type SloReport } from './slo.ts';
export { METRICS, type Metric, type Range, type Series };

/** What a platform's Prometheus answered. */
export interface MetricAnswer {
  /** Missing where a query was given that is not one of {@link METRICS}. */
  metric?: Metric;
  query: string;
  series: Series[];
}

/** Where a Prometheus of the platform is asked that is ready. @throws ToolError where there is none */
export async function prometheusOf({ spec, topology, record, paths }: Platform): Promise<string> {
  if (!spec.monitoring.enabled) {
    throw new ToolError('NOT_OFFERED', 'nothing watches the platform: set monitoring.enabled: true, then `sbmcrm up`');
  }
  const hosts = hostsInRole(topology, 'monitor');
  if (isUp({ record, paths })) {
    const ready = await Promise.all(hosts.map(prometheusReady));
    const host = hosts.find((_host, index) => ready[index]);
    if (host) return prometheusUrl(host);
  }
  throw new ToolError(
    'HOST_NOT_RUNNING',
    `no Prometheus answers (${hosts.map(({ name }) => name).join(', ')}): see \`sbmcrm status\`, and \`sbmcrm up\` brings them back`,
  );
}

/**
 * Asks for metrics, by their names or in Prometheus' own language.
 *
 * @param range missing: as they are now
 * @throws ToolError USAGE where Prometheus does not understand the query
 */
export async function askMetrics(
  base: string,
  asked: readonly string[],
  range: Range | undefined,
): Promise<MetricAnswer[]> {
  return Promise.all(
    asked.map(async (name) => {
      const metric = METRICS.find((each) => each.name === name);
      const text = metric?.query ?? name;
      try {
        return { ...(metric ? { metric } : {}), query: text, series: await query(base, text, range) };
      } catch (error) {
        if (!(error instanceof QueryError)) throw error;
        throw new ToolError(
          'USAGE',
          `"${name}" is no metric, and no query that Prometheus understands: ${error.message}`,
        );
      }
    }),
  );
}
