import { resolve } from 'node:path';
import { grafanaDashboard } from '@sbmcrm/engines/prometheus';
import { writeFileAtomic } from '@sbmcrm/local';
import { StatusReader } from '@sbmcrm/platform';
import { openAsApplied } from '@sbmcrm/platform/applied';
import { askMetrics, askSlo, METRICS, prometheusOf } from '@sbmcrm/platform/metrics';
import { renderDashboard } from '@sbmcrm/report';
import type { Command } from 'commander';
import { interruptSignal, workspaceOf } from '../context.ts';
import { dashboardOf } from '../dashboard/collect.ts';
import { serve } from '../dashboard/serve.ts';
import { durationOption } from '../durations.ts';
import { print } from '../options.ts';

const BOUNDS_MS = [60_000, 30 * 24 * 3_600_000] as const;
/** Values of a chart: more than it has pixels would be lost. */
const VALUES = 300;
const EVERY_MS = 5000;

interface Options {
  for: string;
  out: string;
  serve: boolean;
  port?: number;
  grafana: boolean;
}

export async function runDashboard(options: Options, command: Command): Promise<void> {
  if (options.grafana) {
    console.log(JSON.stringify(grafanaDashboard(), null, 2));
    return;
  }
  const forMs = durationOption('--for', options.for, BOUNDS_MS);
  const { platform } = await openAsApplied(workspaceOf(command));
  const reader = new StatusReader(platform);
  const look = async () => {
    const base = await prometheusOf(platform);
    const step = Math.max(1, Math.round(forMs / 1000 / VALUES));
    const to = Math.floor(Date.now() / 1000);
    const range = { from: to - step * (Math.floor(forMs / 1000 / step) - 1), to, step };
    const names = METRICS.map(({ name }) => name);
    const [status, slo, answers] = await Promise.all([
      reader.look(),
      askSlo(base, platform.spec),
      askMetrics(base, names, range),
    ]);
    const name = platform.spec.platform;
    return dashboardOf({ platform: name, at: new Date(), span: options.for, range, status, slo, answers });
  };
  try {
    if (!options.serve) {
      const page = resolve(options.out);
      writeFileAtomic(page, renderDashboard(await look()));
      return print(command, { page }, `page: ${page}`);
    }
    await look(); // says in one line what is missing
    const page = (data: Awaited<ReturnType<typeof look>>) => renderDashboard(data, { everyMs: EVERY_MS });
    const signal = interruptSignal();
    const { server, url } = await serve({ look, page }, options.port ?? 0);
    print(command, { url }, `dashboard: ${url} (Ctrl-C ends it)`);
    await new Promise<void>((done) => signal.addEventListener('abort', () => done()));
    server.closeAllConnections();
    server.close();
  } finally {
    reader.close();
  }
}
