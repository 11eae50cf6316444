import type { Spec } from '@sbmcrm/spec';
import { entryFailures, entryRequests } from './entry.ts';

const HOUR_MS = 3_600_000;
const HOURS = { '5m': 1 / 12, '30m': 0.5, '1h': 1, '2h': 2, '6h': 6, '1d': 24, '3d': 72 } as const;
type SloWindow = keyof typeof HOURS;

/** Fewer say nothing: one failure would be the end of any objective. */
const FEWEST_REQUESTS = 100;

/** What may fail, and within how long. */
export interface ErrorBudget {
  /** Percent of the requests. */
  percent: number;
  windowHours: number;
}

/** The budget of the spec's objective. Pure. */
export function budgetOf({ monitoring: { slo, retention } }: Pick<Spec, 'monitoring'>): ErrorBudget {
  return {
    percent: Number((100 - slo.availability).toFixed(6)),
    windowHours: Math.min(slo.window, retention) / HOUR_MS,
  };
}

export const requestsOver = (window: string) => entryRequests('increase', window);
export const failuresOver = (window: string) => entryFailures('increase', window);

/** Percent of the requests that failed. */
export const failedShare = (window: string) =>
  `100 * ${failuresOver(window)} / (${requestsOver(window)} > ${FEWEST_REQUESTS})`;

/**
 * Holds where requests fail so often that a share of the budget goes within a time, and still do.
 *
 * @param burnt.share percent of the budget
 * @param burnt.also a short time: without failures in it, it is over
 */
export function burn(
  { percent, windowHours }: ErrorBudget,
  { share, within, also }: { share: number; within: SloWindow; also: SloWindow },
): string {
  // So many times faster than what lasts for the whole window.
  // Slower than what lasts is no loss, however short the window is.
  const rate = Math.max(1, (share / 100) * (windowHours / HOURS[within]));
  // More than all cannot fail: a generous objective is never missed as fast.
  const bound = Number(Math.min(100, rate * percent).toPrecision(6));
  return `(${failedShare(within)} >= ${bound} and ${failedShare(also)} >= ${bound})`;
}
