import { EARLY_MS, type Outcome } from '../history.ts';
import type { HttpAnswer } from './http-client.ts';

/** A 503 with this code says that the write may have been done: no refusal. */
const UNKNOWN = 'OUTCOME_UNKNOWN';

/** Outcome of an answer that is not the one hoped for. @param tookMs from the first try to the answer. Pure. */
export function otherOutcome({ status, code, headers }: HttpAnswer, tookMs: number): Outcome {
  if (status === 422 && code === 'INSUFFICIENT_POINTS') return 'declined';
  const isEarlyRefusal =
    status === 503 &&
    code !== undefined &&
    code !== UNKNOWN &&
    headers['retry-after'] !== undefined &&
    tookMs <= EARLY_MS;
  return isEarlyRefusal ? 'refused' : 'failed';
}

/** The worse one first. */
const ORDER: readonly Outcome[] = ['failed', 'refused', 'declined', 'ok'];

/** The worse of two outcomes. Pure. */
export function worse(first: Outcome, second: Outcome): Outcome {
  return ORDER.indexOf(first) < ORDER.indexOf(second) ? first : second;
}
