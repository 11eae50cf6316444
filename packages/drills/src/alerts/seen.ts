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
}

/** What Prometheus tells over a run, look by look. */
export class SeenAlerts {
  readonly #seen = new Map<string, SeenAlert>();
  #now: readonly FiringAlert[] = [];

  /** @param told by all who answered, the same alert more than once where both of a pair tell it */
  add(atMs: number, told: readonly FiringAlert[]): void {
    this.#now = told;
    for (const { name, host, labels, since, kept, ...rest } of told) {
      const sinceMs = Date.parse(since);
      // The same one again, later, is another one; each of a pair sees it begin at another time.
      const key = alertKey({ ...rest, name, labels });
      const known = this.#seen.get(key);
      const again = known !== undefined && sinceMs > known.heldMs;
      const seen = known === undefined || again ? { sinceMs, firedMs: atMs, heldMs: 0 } : known;
      this.#seen.set(key, {
        ...{ name, labels, ...(host === undefined ? {} : { host }) },
        ...{ sinceMs: Math.min(seen.sinceMs, sinceMs), firedMs: seen.firedMs },
        // What is told for a while longer holds no more.
        heldMs: kept ? seen.heldMs : atMs,
      });
    }
  }

  /** Those whose cause began after a time. */
  since(fromMs: number): SeenAlert[] {
    return [...this.#seen.values()].filter(({ sinceMs }) => sinceMs >= fromMs);
  }

  /** Those of {@link must} that did not fire after a time. One that held already, and did so afterwards, did. */
  missing({ must }: Pick<Expected, 'must'>, fromMs: number): AlertOf[] {
    const after = [...this.#seen.values()].filter((each) => each.sinceMs >= fromMs || each.heldMs >= fromMs);
    return must.filter((meant) => !after.some((each) => isOf(each, meant)));
  }

  /** Those that fired after a time, and that nobody expected. */
  unexpected({ must, may }: Expected, fromMs: number): SeenAlert[] {
    return this.since(fromMs).filter((each) => ![...must, ...may].some((meant) => isOf(each, meant)));
  }

  /** Those that began after a time, and hold at the last look. */
  holding(fromMs: number): AlertOf[] {
    return this.#latest(fromMs).filter(({ kept }) => kept === undefined);
  }

  /** Those that began after a time, are over, and told for a while longer. */
  kept(fromMs: number): FiringAlert[] {
    return this.#latest(fromMs).filter(({ kept }) => kept);
  }

  #latest(fromMs: number): FiringAlert[] {
    return this.#now.filter(({ since }) => Date.parse(since) >= fromMs);
  }
}
