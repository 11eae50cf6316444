/** A request that the load itself sends later than this after its time counts as late, in milliseconds. */
export const LATE_MS = 50;
const TICK_MS = 2;

/**
 * Calls `send` at a constant rate, whatever becomes of the calls before: a server that stalls meets as many requests as one
 * that does not.
 *
 * @param rate calls per second
 * @param send gets the call's number and when it was due, in `now()` time
 * @param now milliseconds
 * @returns when `signal` is aborted
 */
export async function openLoop(
  rate: number,
  send: (index: number, dueMs: number) => void,
  signal: AbortSignal,
  now: () => number,
): Promise<void> {
  const start = now();
  for (let index = 0; !signal.aborted; ) {
    const due = dueBy(start, rate, now());
    for (; index < due; index++) send(index, start + (index * 1000) / rate);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}

/** How many calls are due at `at`: the first one is at `start`. Pure. */
export function dueBy(start: number, rate: number, at: number): number {
  return at < start ? 0 : Math.floor(((at - start) * rate) / 1000) + 1;
}
