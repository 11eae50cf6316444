import { alertKey, type FiringAlert } from '@sbmcrm/engines';
import { type AlertOf, type Expected, isOf } from './expected.ts';

/** An alert that was seen. Times in `clockMs()` milliseconds. */
export interface SeenAlert extends AlertOf {
  labels: Readonly<Record<string, string>>;
  /** When its cause began. */
  sinceMs: number;
  /** When it was seen to fire first, and to hold last. */
  firedMs: number;
  heldMs: number;
  /** It does not hold any more, and is told for a while longer. */
  isKept: boolean;
}

/** What Prometheus tells over a run, look by look. */
export class SeenAlerts {
  readonly #seen = new Map<string, SeenAlert>();
  #now: readonly SeenAlert[] = [];

  /**
   * @param atMs the time of the look. @param told by all who answered, the same alert more than once where both of a pair tell it
   * @param aheadMs what `clockMs()` is ahead of the time of day, which Prometheus goes by: that may have been set meanwhile
   */
  add(atMs: number, told: readonly FiringAlert[], aheadMs: number): void {
    const now = new Map<string, SeenAlert>();
    for (const { name, host, labels, since, kept } of told) {
      const key = alertKey({ name, labels });
      const isKept = kept ?? false;
      const sinceMs = Date.parse(since) + aheadMs;
      const other = now.get(key);
      const alert = { name, labels, ...(host === undefined ? {} : { host }) };
      const made = { ...alert, sinceMs, firedMs: atMs, heldMs: isKept ? sinceMs : atMs, isKept };
      // Each of a pair sees it begin at another time, and end.
      now.set(
        key,
        other ? { ...made, sinceMs: Math.min(sinceMs, other.sinceMs), isKept: isKept && other.isKept } : made,
      );
    }
    this.#now = [...now].map(([key, each]) => {
      const seen = after(this.#seen.get(key), each, atMs);
      this.#seen.set(key, seen);
      return seen;
    });
  }

  /** Those whose cause began after a time. */
  since(fromMs: number): SeenAlert[] {
    return [...this.#seen.values()].filter(({ sinceMs }) => sinceMs >= fromMs);
  }

  /** Those of {@link must} that did not fire after a time. One that held already, and did so afterwards, did. */
  missing({ must }: Pick<Expected, 'must'>, fromMs: number): AlertOf[] {
    const later = [...this.#seen.values()].filter((each) => each.sinceMs >= fromMs || each.heldMs >= fromMs);
    return must.filter((meant) => !later.some((each) => isOf(each, meant)));
  }

  /** Those that fired after a time, and that nobody expected. */
  unexpected({ must, may }: Pick<Expected, 'must' | 'may'>, fromMs: number): SeenAlert[] {
    return this.since(fromMs).filter((each) => ![...must, ...may].some((meant) => isOf(each, meant)));
  }

  /** Those that began after a time, and are told at the last look. */
  now(fromMs: number): SeenAlert[] {
    return this.#now.filter(({ sinceMs }) => sinceMs >= fromMs);
  }
}

/** What is known of an alert after another look. Pure. */
function after(known: SeenAlert | undefined, now: SeenAlert, atMs: number): SeenAlert {
  // Over, or told for a while longer, and then again: that is another one.
  const isNew = known === undefined || now.sinceMs > known.heldMs || (known.isKept && !now.isKept);
  if (isNew) return { ...now, sinceMs: known?.isKept && !now.isKept ? atMs : now.sinceMs };
  const { sinceMs, firedMs, heldMs } = known;
  return { ...now, sinceMs: Math.min(sinceMs, now.sinceMs), firedMs, heldMs: now.isKept ? heldMs : atMs };
}
