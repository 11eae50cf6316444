/** A step holds when this many milliseconds are not exceeded by 99 of 100 requests. */
export const CAPACITY_P99_MS = 1000;
/** And when so much of the rate is answered: less means that a queue grows. */
const LEAST_GOODPUT = 0.95;
const FIRST_RATE = 50;
const GROWTH = 1.5;
/** A bracket is narrow enough when its upper end is at most so many times its lower one. */
const NARROW = 1.1;
/** How often the limit is looked for: two more passes show how far it moves by itself. */
const PASSES = 3;
const LEAST_RATE = 5;

/** What a step of constant rate showed. */
export interface Step {
  rate: number;
  holds: boolean;
  /** Why not, in a few words. */
  reason?: string;
}

/** The highest rate that a platform carries, in requests per second. */
export interface Capacity {
  /** Median of the passes; at least so much when `atLeast`. */
  rate: number;
  /** The search ended at the highest rate that was asked for. */
  atLeast: boolean;
  /** Lowest and highest of the passes. */
  spread: [number, number];
}

/** Why a step of the search does not hold; undefined when it does. Pure. */
export function tooMuch(step: {
  rate: number;
  goodput: number;
  failed: number;
  refused: number;
  latencyMs: { p99: number | null };
}): string | undefined {
  const { rate, goodput, failed, refused, latencyMs } = step;
  if (failed > 0) return `${failed} failed`;
  if (refused > 0) return `${refused} refused`;
  if (latencyMs.p99 === null) return 'nothing was answered';
  if (latencyMs.p99 > CAPACITY_P99_MS) return `p99 ${Math.round(latencyMs.p99)} ms`;
  if (goodput < rate * LEAST_GOODPUT) return `${Math.round(goodput)} of ${rate} a second answered`;
  return undefined;
}

/**
 * Looks for the highest rate that holds: up in steps until one does not, then halving the bracket; twice more from where it
 * was found, since a machine's capacity moves.
 *
 * @param run runs one step of a rate, long enough for its p99 to mean something
 * @param enough the search ends when this rate holds, in requests per second
 * @param passes how often the limit is looked for
 * @throws what `run` throws, and Error in one line when not even the lowest rate holds
 */
export async function findCapacity(
  run: (rate: number) => Promise<Step>,
  enough: number,
  passes = PASSES,
): Promise<Capacity> {
  const found: number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    const from = Math.min(enough, found.at(-1) ?? FIRST_RATE);
    const limit = await onePass(run, from, pass === 0 ? GROWTH : NARROW, enough);
    if (limit >= enough && pass === 0) return { rate: enough, atLeast: true, spread: [enough, enough] };
    found.push(limit);
  }
  const sorted = [...found].sort((x, y) => x - y);
  const [low = 0] = sorted;
  return { rate: sorted[Math.floor(sorted.length / 2)] ?? low, atLeast: false, spread: [low, sorted.at(-1) ?? low] };
}

/** The highest rate that holds, by one search from a rate on. */
async function onePass(
  run: (rate: number) => Promise<Step>,
  from: number,
  growth: number,
  enough: number,
): Promise<number> {
  let good = 0;
  let bad = Number.POSITIVE_INFINITY;
  let reason = '';
  const look = async (rate: number) => {
    const step = await run(rate);
    if (step.holds) good = rate;
    else {
      bad = rate;
      reason = step.reason ?? '';
    }
  };
  await look(from);
  while (good > 0 && bad === Number.POSITIVE_INFINITY && good < enough) {
    await look(Math.min(enough, Math.ceil(good * growth)));
  }
  while (good === 0 && bad > LEAST_RATE) await look(Math.max(LEAST_RATE, Math.floor(bad / growth)));
  if (good === 0) throw new Error(`the platform does not even carry ${LEAST_RATE} requests a second (${reason})`);
  while (bad < Number.POSITIVE_INFINITY && bad > Math.max(good * NARROW, good + 1))
    await look(Math.round((good + bad) / 2));
  return good;
}
