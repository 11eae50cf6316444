/**
 * Why a request was not served. Codes are part of this room's contract.
 *
 * - `UNAVAILABLE`: no server was there in time; nothing was changed
 * - `OVERLOADED`: more is asked than can be done in time; nothing was changed
 * - `RECORD_BUSY`: others hold the record; nothing was changed
 * - `DATABASE_FULL`: the server's disk is full; nothing was changed
 * - `OUTCOME_UNKNOWN`: the connection broke while it was committed
 */
export type NotServedCode = 'UNAVAILABLE' | 'OVERLOADED' | 'RECORD_BUSY' | 'DATABASE_FULL' | 'OUTCOME_UNKNOWN';

export interface NotServedOptions extends ErrorOptions {
  /** How long whoever asks would have had to wait, in milliseconds. */
  waitMs?: number;
}

/** A request was not served; the code says whether it may be asked again. */
export class NotServedError extends Error {
  readonly code: NotServedCode;
  readonly waitMs: number;

  constructor(code: NotServedCode, { waitMs = 0, ...options }: NotServedOptions = {}) {
    super(`not served: ${code}`, options);
    this.name = 'NotServedError';
    this.code = code;
    this.waitMs = waitMs;
  }
}
