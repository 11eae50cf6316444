import { openAsApplied } from '@sbmcrm/platform/applied';
import { askMetrics, METRICS, type MetricAnswer, prometheusOf, type Series } from '@sbmcrm/platform/metrics';
import type { Command } from 'commander';
import { workspaceOf } from '../context.ts';
import { durationOption } from '../durations.ts';
import { print } from '../options.ts';
import { figure, sparkline } from '../text/chart.ts';
import { table } from '../text/table.ts';

const BOUNDS_MS = [60_000, 30 * 24 * 3_600_000] as const;
/** Values of a chart, where the terminal does not say how wide it is. */
const WIDTH = 60;
/** Series that are drawn: a query of one's own may have thousands. */
const MOST_SERIES = 40;

export async function runMetrics(asked: string | undefined, options: { for: string }, command: Command): Promise<void> {
  const forMs = durationOption('--for', options.for, BOUNDS_MS);
  const { platform } = await openAsApplied(workspaceOf(command));
  const base = await prometheusOf(platform);
  if (asked === undefined) {
    const answers = await askMetrics(
      base,
      METRICS.map(({ name }) => name),
      undefined,
    );
    return print(command, answers.map(shown), nowText(answers));
  }
  const width = Math.max(10, Math.min(120, (process.stdout.columns ?? 100) - (100 - WIDTH)));
  const to = Math.floor(Date.now() / 1000);
  const step = Math.max(1, Math.round(forMs / 1000 / width));
  const [answer] = await askMetrics(base, [asked], { from: to - step * (width - 1), to, step });
  if (!answer) return;
  print(command, shown(answer), chartText(answer, { from: to - step * (width - 1), step, width, span: options.for }));
}

/** For `--json`: no number of JSON is infinite, or none. */
const shown = ({ metric, query, series }: MetricAnswer) => ({
  ...(metric ? { name: metric.name, unit: metric.unit } : {}),
  query,
  series: series.map(({ labels, points }) => ({
    labels,
    points: points.map(([at, value]) => [at, Number.isFinite(value) ? value : null]),
  })),
});

/** What tells a series from the others of its answer. Pure. */
function nameOf({ labels }: Series, by: readonly string[] | undefined): string {
  const known = by ? by.flatMap((name) => labels[name] ?? []) : [];
  if (by) return known.join(' ');
  const all = Object.entries(labels).filter(([name]) => name !== '__name__');
  return `${labels.__name__ ?? ''}{${all.map(([name, value]) => `${name}="${value}"`).join(', ')}}`;
}

/** Every metric as it is now: pure. */
export function nowText(answers: readonly MetricAnswer[]): string {
  const isOne = ({ metric }: MetricAnswer) => metric?.by.length === 0;
  const single = answers
    .filter(isOne)
    .map(({ metric, series }) => [
      metric?.name ?? '',
      figure(series[0]?.points.at(-1)?.[1], metric?.unit),
      metric?.about ?? '',
    ]);
  const groups = [...new Set(answers.flatMap(({ metric }) => metric?.group ?? []))];
  const byHost = groups.flatMap((group) => {
    const columns = answers.filter((each) => each.metric?.group === group && !isOne(each));
    return columns.length > 0 ? [hostTable(columns)] : [];
  });
  return [table([['METRIC', 'NOW', ''], ...single]), ...byHost].join('\n\n');
}

/** Metrics of hosts, a column each: what a host has several series of, together. */
function hostTable(columns: readonly MetricAnswer[]): string {
  const names = (each: MetricAnswer) => each.series.flatMap(({ labels }) => labels.host ?? []);
  const hosts = [...new Set(columns.flatMap(names))].sort();
  const rows = hosts.map((host) => [
    host,
    ...columns.map(({ metric, series }) => {
      const own = series.flatMap(({ labels, points }) => (labels.host === host ? (points.at(-1)?.[1] ?? []) : []));
      return own.length > 0
        ? figure(
            own.reduce((sum, value) => sum + value, 0),
            metric?.unit,
          )
        : '–';
    }),
  ]);
  return table([['HOST', ...columns.map(({ metric }) => metric?.name ?? '')], ...rows]);
}

/** A metric over time, a line for each of its series: pure. */
export function chartText(
  { metric, query, series }: MetricAnswer,
  { from, step, width, span }: { from: number; step: number; width: number; span: string },
): string {
  const title = metric ? `${metric.name}: ${metric.about} (${metric.unit})` : query;
  if (series.length === 0) return `${title}\n\nno figures of the last ${span}`;
  const drawn = series.slice(0, MOST_SERIES);
  const finite = drawn.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
  const [lowest, highest] = finite.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [0, 0]);
  const rows = drawn.map((each) => {
    const byPlace = new Map(each.points.map(([at, value]) => [Math.round((at - from) / step), value]));
    const values = Array.from({ length: width }, (_value, place) => byPlace.get(place));
    const known = values.filter((value) => value !== undefined && Number.isFinite(value)) as number[];
    return [
      nameOf(each, metric?.by),
      sparkline(values, lowest, highest),
      figure(
        values.findLast((value) => value !== undefined),
        metric?.unit,
      ),
      known.length > 0
        ? `${figure(Math.min(...known), metric?.unit)} to ${figure(Math.max(...known), metric?.unit)}`
        : '',
    ];
  });
  const more = series.length > drawn.length ? [`… and ${series.length - drawn.length} more`] : [];
  return [title, '', table([['OF', `LAST ${span}`, 'NOW', 'FROM LOWEST TO HIGHEST'], ...rows]), ...more].join('\n');
}
