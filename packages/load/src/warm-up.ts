/** The load rises for so long, so that the first connections do not all open at once. */
const RISE_MS = 3000;
/** A platform that is not calm by then is measured as it is. */
export const MOST_WARM_UP_MS = 20_000;
export const WARM_UP_LOOK_MS = 500;
/** What is under way when all is calm: no more than a quarter of a second's requests, or a few. */
const CALM_SECONDS = 0.25;
const FEW = 5;

/** The rate at a moment of the warm-up: rising from a quarter to the whole. Pure. */
export function warmUpRate(rate: number, elapsedMs: number): number {
  return rate * Math.min(1, 0.25 + (0.75 * elapsedMs) / RISE_MS);
}

/** Whether the measured part may begin. @param inFlight requests under way. Pure. */
export function isWarm(rate: number, elapsedMs: number, inFlight: number): boolean {
  return elapsedMs >= RISE_MS + 2 * WARM_UP_LOOK_MS && inFlight <= Math.max(FEW, rate * CALM_SECONDS);
}
