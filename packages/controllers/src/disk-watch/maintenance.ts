/** How the end of a maintenance is known, and what takes it back. */
export interface MaintenanceSetting {
  /** In Patroni's cluster-wide configuration: when it ends, in milliseconds since the epoch. */
  key: string;
  /** A patch of that configuration. */
  end: object;
}

/** Whether a maintenance is over. One that somebody began without an end is his to end. Pure. @param now milliseconds since the epoch */
export function isOver(config: unknown, { key }: MaintenanceSetting, now: number): boolean {
  const { pause, [key]: until } = (config ?? {}) as Record<string, unknown>;
  return pause === true && typeof until === 'number' && until <= now;
}

/** What one host knows of the cluster at the end of a maintenance. */
export interface Standing {
  /** Nobody leads. */
  isUnlocked: boolean;
  /** The server here does not run. */
  isStopped: boolean;
  /** The server here led last. */
  ledLast: boolean;
  /** A server of the database is on its way up. */
  isRecovering: boolean;
  /** Since the end, in milliseconds. */
  waitedMs: number;
}

/** Whoever led last may take so long to begin its start; what it takes to recover is waited for. */
const FIRST_MS = 20_000;

/**
 * At the end of a maintenance without a primary, whoever led last is started first: only it may have every acknowledged write. Pure.
 *
 * - `start`: the server here
 * - `end`: the maintenance
 * - `wait`: another one starts, or ours is on its way
 */
export function decideEnd(standing: Standing): 'start' | 'end' | 'wait' {
  const { isUnlocked, isStopped, ledLast, isRecovering, waitedMs } = standing;
  if (!isUnlocked) return 'end';
  if (ledLast && isStopped && waitedMs < FIRST_MS) return 'start';
  return waitedMs >= FIRST_MS && !isRecovering ? 'end' : 'wait';
}

/** What tells who led last. */
export interface Past {
  /** As Patroni tells it: an entry for each promotion but the first, the fifth of which says whose. */
  history: unknown;
  isPrimary: boolean | undefined;
  isUnlocked: boolean;
  /** The server here was primary once: its own disk says so. */
  wasPrimary: boolean;
}

/** Whether a server led last. Pure. Without a history nobody was promoted yet, and who was primary once made the cluster. */
export function ledLast(host: string, { history, isPrimary, isUnlocked, wasPrimary }: Past): boolean {
  const last: unknown = Array.isArray(history) ? history.at(-1) : undefined;
  if (Array.isArray(last)) return last[4] === host;
  return isPrimary === true || (isUnlocked && wasPrimary);
}
