import pg from 'pg';

/**
 * What a failure of the database means for the work that met it.
 *
 * - `away`: the connection is gone or leads to a server that is not the primary. Nothing was done; wait for a primary, run again.
 * - `slow`: no answer in time, or the server ended a session that this process had left idle. Nothing was done, and the server
 *   may well be there: throw this one connection away, run again.
 * - `conflict`: the server rolled the transaction back (or refused it) for a passing reason. Back off, run again.
 * - `full`: the server's disk is full. Nothing was done, and running again soon would change nothing.
 * - `unknown`: the connection broke while COMMIT was under way. It may be done or not.
 * - `statement`: the statement itself is at fault. Running it again changes nothing.
 */
export type FailureKind = 'away' | 'slow' | 'conflict' | 'full' | 'unknown' | 'statement';
/** Where the failure was met; `single` is a statement that is a transaction by itself. */
export type Phase = 'connect' | 'statement' | 'commit' | 'single';

/** A failure of the driver or the server, as opposed to one of our own code. */
export class DatabaseFailure extends Error {
  readonly kind: FailureKind;
  readonly phase: Phase;
  readonly sqlState: string | undefined;
  /** Our own time-out ran out. */
  readonly isLate: boolean;
  /** The server or the network said that this server is not (any more) there as primary. */
  readonly isGone: boolean;

  constructor(cause: unknown, phase: Phase) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'DatabaseFailure';
    this.kind = classify(cause, phase);
    this.phase = phase;
    this.sqlState = sqlStateOf(cause);
    this.isLate = isTimeout(cause);
    this.isGone = isGone(cause);
  }
}

/** A new connection turned out to lead to a standby: the name was resolved before a failover was through. */
export class NotPrimaryError extends Error {
  override readonly name = 'NotPrimaryError';

  constructor() {
    super('the server is in recovery');
  }
}

/** The SQLSTATE when the server itself reported the error; undefined for sockets, time-outs and our own errors. */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof DatabaseFailure) return error.sqlState;
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

export const OUT_OF_CONNECTIONS = '53300';
/** invalid_password. */
export const LOGIN_REFUSED = '28P01';
/** A row with this key is there already. */
export const UNIQUE_VIOLATION = '23505';
export const DISK_FULL = '53100';
/** Another transaction holds what this one wants. */
export const LOCK_TIMEOUT = '55P03';

/** The server ends the session with these. */
const SESSION_ENDS: ReadonlySet<string> = new Set([
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
]);

/** … or is not (any more) the primary. */
const AWAY_STATES: ReadonlySet<string> = new Set([
  ...SESSION_ENDS,
  '25006', // read_only_sql_transaction: demoted
]);

/** The server ends a session of which it heard nothing for long: this process was stopped for a while, or has no time. */
const STALLED_STATES: ReadonlySet<string> = new Set([
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '57P05', // idle_session_timeout
]);

const CONFLICT_STATES: ReadonlySet<string> = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available: lock_timeout ran out
  '57014', // query_canceled: statement_timeout ran out, as on a server that was stopped for a while
]);

/** Whether it was the driver or its pool that waited no longer. They give such errors no code; the network's time-out has one. */
export function isTimeout(error: unknown): boolean {
  const { code, message = '' } = (error ?? {}) as { code?: unknown; message?: string };
  return code === undefined && /\btime-?out\b/i.test(message);
}

function isGone(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === undefined ? !isTimeout(error) : AWAY_STATES.has(state) || state.startsWith('08');
}

/** The action for an error met in a phase. Pure. */
export function classify(error: unknown, phase: Phase): FailureKind {
  const state = sqlStateOf(error);
  // Before the first statement nothing can have been done, whatever the reason. A server that has no connection to spare is
  // there all the same: work goes on over those that are open.
  if (phase === 'connect') {
    if (state === OUT_OF_CONNECTIONS) return 'conflict';
    return isTimeout(error) ? 'slow' : 'away';
  }
  if (phase === 'commit') {
    // Only what PostgreSQL reports for a transaction that it has rolled back is certain.
    if (state === '40001' || state === '40P01') return 'conflict';
    return state?.startsWith('23') ? 'statement' : 'unknown';
  }
  // The server reports an error before it commits. The end of a session may come after it, as silence may.
  if (phase === 'single') {
    const mayBeDone =
      state === undefined || SESSION_ENDS.has(state) || STALLED_STATES.has(state) || state.startsWith('08');
    return mayBeDone ? 'unknown' : classify(error, 'statement');
  }
  // No SQLSTATE: the driver's own time-out ran out, or the socket broke. COMMIT was not sent, so nothing was done.
  if (state === undefined) return isTimeout(error) ? 'slow' : 'away';
  if (STALLED_STATES.has(state)) return 'slow';
  if (AWAY_STATES.has(state) || state.startsWith('08')) return 'away';
  if (state === DISK_FULL) return 'full';
  // 53: out of memory or another resource. 58: input/output error below the server.
  if (CONFLICT_STATES.has(state) || state.startsWith('53') || state.startsWith('58')) return 'conflict';
  return 'statement';
}
