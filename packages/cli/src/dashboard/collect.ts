import type { MetricAnswer, Range, SloReport } from '@sbmcrm/platform/metrics';
import type { PlatformStatus } from '@sbmcrm/platform/status';
import type { Dashboard, DashboardChart } from '@sbmcrm/report';
import { percent } from '../text/chart.ts';

/** Lines that the eye can tell apart in one chart. */
const MOST_SERIES = 10;

/** What a dashboard is made of. */
export interface Collected {
  platform: string;
  at: Date;
  span: string;
  range: Range;
  status: PlatformStatus;
  slo: SloReport;
  answers: readonly MetricAnswer[];
}

/** Answers of Prometheus, and the platform's state, as a page shows them. Pure. */
export function dashboardOf({ platform, at, span, range, status, slo, answers }: Collected): Dashboard {
  const times: number[] = [];
  for (let time = range.from; time <= range.to; time += range.step) times.push(time);
  const groups = [...new Set(answers.map(({ metric }) => metric?.group))].filter((group) => group !== undefined);
  return {
    platform,
    at: at.toISOString(),
    times,
    span,
    state: status.state,
    reasons: status.reasons,
    alerts: (status.alerts ?? []).map(({ name, severity, text, since }) => ({ name, severity, text, since })),
    slo: sloTiles(slo),
    groups: groups.map((name) => ({
      name,
      charts: answers.flatMap((answer) =>
        answer.metric?.group === name ? [chartOf(answer, range, times.length)] : [],
      ),
    })),
  };
}

function chartOf({ metric, series }: MetricAnswer, { from, step }: Range, length: number): DashboardChart {
  const { name = '', about = '', unit = '', by = [] } = metric ?? {};
  const lines = series.map(({ labels, points }) => {
    const values = new Array<number | null>(length).fill(null);
    for (const [at, value] of points) {
      const place = Math.round((at - from) / step);
      // No number of JSON is infinite, or none.
      if (place >= 0 && place < length) values[place] = Number.isFinite(value) ? value : null;
    }
    return { name: by.flatMap((label) => labels[label] ?? []).join(' '), values };
  });
  const peak = ({ values }: (typeof lines)[number]) => Math.max(...values.map((value) => value ?? 0));
  // Of many those that are highest; which of them stand where stays as it is.
  const shown = [...lines].sort((x, y) => peak(y) - peak(x)).slice(0, MOST_SERIES);
  const more = lines.length - shown.length;
  return {
    ...{ name, title: titleOf(name), about, unit },
    series: lines.filter((line) => shown.includes(line)),
    ...(more > 0 ? { more } : {}),
  };
}

/** `response time P95`. Pure. */
const titleOf = (name: string) => name.replaceAll('-', ' ').replace(/\b(cpu|p\d+)\b/g, (word) => word.toUpperCase());

function sloTiles({ objective, requests, failed, availability, budget, burn }: SloReport): Dashboard['slo'] {
  const count = (value: number) => value.toLocaleString('en-US');
  const [, lastHour] = burn;
  return [
    {
      name: 'availability',
      value: percent(availability, 3),
      note: `${count(failed)} of ${count(requests)} requests failed`,
    },
    { name: 'objective', value: percent(objective, 2), note: `${count(budget.allowed)} of them may fail` },
    { name: 'error budget left', value: percent(budget.left, 1), note: '' },
    {
      name: `burn rate, last ${lastHour?.over ?? ''}`,
      value: lastHour?.rate == null ? '–' : lastHour.rate.toFixed(2),
      note: '1 lasts just for the whole time',
    },
  ];
}
