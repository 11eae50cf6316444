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
  /** Since the end, in milliseconds. */
  waitedMs: number;
}

/** Whoever led last may take so long to lead again. */
const FIRST_MS = 20_000;

/**
 * At the end of a maintenance without a primary, whoever led last is started first: only it may have every acknowledged write. Pure.
 *
 * - `start`: the server here
 * - `end`: the maintenance
 * - `wait`: another one starts, or ours is on its way
 */
export function decideEnd({ isUnlocked, isStopped, ledLast, waitedMs }: Standing): 'start' | 'end' | 'wait' {
  if (!isUnlocked || waitedMs >= FIRST_MS) return 'end';
  return ledLast && isStopped ? 'start' : 'wait';
}

/**
 * Whether a server led last. Pure.
 *
 * @param history as Patroni tells it: an entry for each promotion but the first, the fifth of which says whose
 * @param role what the files here are, for a cluster whose first primary leads
 */
export function ledLast(host: string, history: unknown, role: string | undefined): boolean {
  const last: unknown = Array.isArray(history) ? history.at(-1) : undefined;
  if (!Array.isArray(last)) return role === 'primary' || role === 'master';
  return last[4] === host;
}
