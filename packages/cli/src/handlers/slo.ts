import { openAsApplied } from '@sbmcrm/platform/applied';
import { askSlo, prometheusOf, type SloReport } from '@sbmcrm/platform/metrics';
import { formatDuration } from '@sbmcrm/spec/units';
import type { Command } from 'commander';
import { workspaceOf } from '../context.ts';
import { durationOption } from '../durations.ts';
import { print } from '../options.ts';
import { percent } from '../text/chart.ts';
import { table } from '../text/table.ts';

const BOUNDS_MS = [300_000, 365 * 24 * 3_600_000] as const;

export async function runSlo(options: { for?: string }, command: Command): Promise<void> {
  const windowMs = options.for === undefined ? undefined : durationOption('--for', options.for, BOUNDS_MS);
  const { platform } = await openAsApplied(workspaceOf(command));
  const report = await askSlo(await prometheusOf(platform), platform.spec, windowMs);
  print(command, report, sloText(report));
}

/** Pure. */
export function sloText({
  objective,
  windowMs,
  knownMs,
  requests,
  failed,
  availability,
  budget,
  burn,
}: SloReport): string {
  const minutes = Math.max(1, Math.round(knownMs / 60_000));
  const known = knownMs < windowMs * 0.99 ? ` (figures of ${formatDuration(minutes * 60_000)} so far)` : '';
  const rows = [
    ['objective', percent(objective, 2), `over ${formatDuration(windowMs)}${known}`],
    ['availability', percent(availability, 3), `${failed} of ${requests} requests failed`],
    ['error budget left', percent(budget.left, 1), `${budget.allowed} of these requests may fail`],
    ...burn.map(({ over, rate }) => [
      `burn rate, last ${over}`,
      rate === null ? '–' : rate.toFixed(2),
      over === burn[0]?.over ? '1 lasts just for the whole time' : '',
    ]),
  ];
  return table(rows);
}
