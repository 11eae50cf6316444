/** What a standby says of its log at one moment. */
export interface Standing {
  /**
   * `streaming`: it receives what the primary writes. `waiting`: it does not. `complete`: it does not, and has replayed all that a primary
   * is known to have written: there is nothing newer to read anywhere. A primary is behind nobody.
   */
  state: 'streaming' | 'waiting' | 'complete' | 'primary';
  /** Positions in the log, in bytes. */
  received: number;
  replayed: number;
}

interface Sample {
  atMs: number;
  received: number;
}

/** What is remembered from look to look. */
export interface Known {
  /** When it had received how much, the oldest first. The first one is the newest that is replayed already, if any is. */
  samples: readonly Sample[];
}

export const NOTHING_KNOWN: Known = { samples: [] };

/** Looks that are kept: beyond them a standby is so far behind that more makes no difference. */
const MOST_SAMPLES = 600;

/**
 * How long ago a standby received what it has replayed: as old is what it shows. No clock of another host is asked, and an idle hour
 * is no lag, nor is the time without a primary. One that receives nothing, while a primary writes, shows what it had when it last did. Pure.
 *
 * @param now milliseconds of a clock that never goes back
 */
export function lagOf(known: Known, standing: Standing, now: number): { known: Known; lagMs: number } {
  const { state, received, replayed } = standing;
  if (state === 'primary') return { known: NOTHING_KNOWN, lagMs: 0 };
  if (state === 'complete') return { known: { samples: [{ atMs: now, received }] }, lagMs: 0 };
  const samples = state === 'streaming' ? [...known.samples, { atMs: now, received }] : [...known.samples];
  const newest = samples.findLastIndex((each) => each.received <= replayed);
  // Of what is replayed the newest look is enough. Where nothing is, the first one counts: what is shown is older still.
  const [first, ...rest] = samples.slice(Math.max(0, newest));
  if (!first) return { known: NOTHING_KNOWN, lagMs: Number.POSITIVE_INFINITY };
  return { known: { samples: [first, ...rest.slice(-MOST_SAMPLES)] }, lagMs: now - first.atMs };
}

/** The lag in Prometheus' text form. Pure. */
export function lagText({ seconds, bytes }: { seconds: number; bytes: number }): string {
  return [
    '# HELP sbmcrm_replication_lag_seconds How long ago it received what it shows.',
    '# TYPE sbmcrm_replication_lag_seconds gauge',
    `sbmcrm_replication_lag_seconds ${seconds}`,
    '# HELP sbmcrm_replication_lag_bytes What it received and does not show yet.',
    '# TYPE sbmcrm_replication_lag_bytes gauge',
    `sbmcrm_replication_lag_bytes ${bytes}`,
    '',
  ].join('\n');
}
