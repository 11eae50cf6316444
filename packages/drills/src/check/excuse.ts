import type { OperationRecord } from '@sbmcrm/load';

/** When asynchronous replication may lose an acknowledged write. Times in `clockMs()` milliseconds. */
export interface Excuse {
  /** When the fault was injected, and when it had taken effect. */
  faultMs: number;
  effectMs: number;
  /** How far the standby that took over may have been behind. */
  lagBoundMs: number;
}

/** Measured lag is doubled: it was looked at now and then, and the fault comes when it wants. */
const LAG_MARGIN = 2;
/** Below this a busy machine's scheduler decides. */
const LEAST_LAG_BOUND_MS = 500;
/** A standby further behind than this is no candidate on any machine that we know (`maximum_lag_on_failover` is 1 MB). */
const MOST_LAG_BOUND_MS = 5000;

/** How far behind a standby may be, from what was measured before the fault: pure. @param lagsMs in milliseconds */
export function lagBound(lagsMs: readonly number[]): number {
  const most = lagsMs.reduce((worst, each) => Math.max(worst, each), 0);
  return Math.round(Math.min(MOST_LAG_BOUND_MS, Math.max(LEAST_LAG_BOUND_MS, LAG_MARGIN * most)));
}

/**
 * Whether asynchronous replication excuses the loss of a write: it was acknowledged by the primary that was lost, so shortly
 * before that the standby may not have had it. Pure.
 *
 * @param excuse undefined when nobody took over, or replication is synchronous: then nothing excuses a loss
 */
export function isExcused({ endMs }: Pick<OperationRecord, 'endMs'>, excuse: Excuse | undefined): boolean {
  return excuse !== undefined && endMs >= excuse.faultMs - excuse.lagBoundMs && endMs <= excuse.effectMs;
}
