import type { OperationKind } from './client/operations.ts';

/**
 * - `ok`: the expected answer; of a write, that it is done.
 * - `declined`: the CRM's own no (not enough points): an expected answer, and nothing may have happened.
 * - `refused`: too much work, said early: a coded 503 with Retry-After within {@link EARLY_MS}.
 * - `failed`: no expected answer by the deadline. A write may have happened or not.
 */
export type Outcome = 'ok' | 'declined' | 'refused' | 'failed';

/** Until when a refusal is early enough to help its client, in milliseconds. */
export const EARLY_MS = 1000;

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
  /** Of a double click that did not end well: one of its two answers said that it is done. */
  acknowledged?: true;
  status?: number;
  /** The error's code, or what broke the connection. */
  code?: string;
  /** Ids of the ledger lines that the answers named. */
  entries?: string[];
  /** The balance after each of these lines, as it was answered. */
  balances?: number[];
  /** own-read: the line that must be there, and whether it was; `shown` is missing where the pages could not tell. */
  wanted?: string;
  shown?: boolean;
}

/** Whether the client was told that the write is done. */
export function isAcknowledged({ outcome, acknowledged }: Pick<OperationRecord, 'outcome' | 'acknowledged'>): boolean {
  return outcome === 'ok' || acknowledged === true;
}

/** The clock of histories, faults and observations: milliseconds since the epoch, never stepping back within a process. */
export function clockMs(): number {
  return performance.timeOrigin + performance.now();
}
