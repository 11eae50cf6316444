import type { Deadline } from '../deadline.ts';
import { NotServedError } from '../errors.ts';
import type { HoldExpiredError } from './refusal.ts';

/** What a request is told that does not get its turn. */
export function refusal(error: HoldExpiredError, rerun: boolean, isLocked: boolean): NotServedError {
  const without = error.wasOpen ? 'OVERLOADED' : 'UNAVAILABLE';
  const isBusy = error.reason === 'record' || (isLocked && error.wasOpen);
  const code = rerun ? 'OUTCOME_UNKNOWN' : isBusy ? 'RECORD_BUSY' : without;
  return new NotServedError(code, { cause: error, waitMs: error.waitMs });
}

/** Waits before work runs again that met a conflict: longer each time, half to one and a half times, and not past its deadline. */
export function backOff(tries: number, deadline: Deadline): Promise<void> {
  const wait = Math.min(20 * 2 ** tries, 500) * (0.5 + Math.random());
  return sleep(Math.max(0, Math.min(wait, deadline.leftMs)));
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
