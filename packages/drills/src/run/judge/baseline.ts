import { loadFigures, type OperationRecord, tooMuch, voidLoad } from '@sbmcrm/load';

/** Load before the fault, as far as it is known when the fault is due. */
export interface Baseline {
  /** Operations that were due in it and have ended. */
  ended: readonly OperationRecord[];
  /** Operations under way at its end. */
  inFlight: number;
  /** Requests per second. */
  rate: number;
}

/**
 * Why the platform does not carry the load even before the fault, by the rule that its capacity was found with: pure. What a
 * drill shows then is overload and not the fault.
 *
 * @returns undefined when it carries it, or when the load itself was late: that is judged elsewhere
 */
export function unfitBaseline({ ended, inFlight, rate }: Baseline): string | undefined {
  const figures = loadFigures(ended, rate);
  if (ended.length > 0 && voidLoad(figures) !== undefined) return undefined;
  // A second's requests under way are p99 above a second, before the slow ones among them are answered.
  if (inFlight > rate) return `${inFlight} requests under way at ${rate} a second`;
  // The last ones are not answered yet, so that a share of the rate is no measure here.
  return tooMuch({ ...figures, goodput: rate });
}
