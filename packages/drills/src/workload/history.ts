import type { OperationKind } from './operations.ts';

/**
 * - `ok`: the expected answer; of a write, that it is done.
 * - `refused`: an expected refusal (not enough points): nothing may have happened.
 * - `failed`: no expected answer by the deadline. A write may have happened or not.
 */
export type Outcome = 'ok' | 'refused' | 'failed';

/** One operation as the client saw it. Times are milliseconds since the epoch, see {@link clockMs}. */
export interface OperationRecord {
  index: number;
  kind: OperationKind;
  user: number;
  /** Idempotency-Key of a write; its ledger lines carry it as their reference. */
  key?: string;
  customer?: string;
  /** The customer who gets a transfer. */
  to?: string;
  points?: number;
  dueMs: number;
  sentMs: number;
  endMs: number;
  /** Requests sent, the first one included. */
  attempts: number;
  outcome: Outcome;
  status?: number;
  /** The error's code, or what broke the connection. */
  code?: string;
  /** Ids of the ledger lines that the answers named. */
  entries?: string[];
  /** own-read: the line that must be there, and whether it was; `shown` is missing where the page could not tell. */
  wanted?: string;
  shown?: boolean;
}

/** The clock of histories, faults and observations: milliseconds since the epoch, never stepping back within a process. */
export function clockMs(): number {
  return performance.timeOrigin + performance.now();
}
