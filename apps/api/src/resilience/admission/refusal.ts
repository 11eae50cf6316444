import type { RoomState } from './admission.ts';

/**
 * - `deadline`: the wait was too long
 * - `hopeless`: it would be, so it was not begun
 * - `queue`: too many wait already
 * - `record`: too many wait already for the same record
 * - `closed`: this process ends
 * - `abandoned`: the client has gone
 */
export type Refusal = 'deadline' | 'hopeless' | 'queue' | 'record' | 'closed' | 'abandoned';

export class HoldExpiredError extends Error {
  readonly reason: Refusal;
  /** There is a primary; it is only too much. */
  readonly wasOpen: boolean;
  /** How long the wait would be, in milliseconds, as far as one can tell. */
  readonly waitMs: number;
  /** What a refusal on coming was decided by. */
  readonly room: RoomState | undefined;

  constructor(reason: Refusal, wasOpen = false, waitMs = 0, room?: RoomState) {
    super(`hold: ${reason}`);
    this.name = 'HoldExpiredError';
    this.reason = reason;
    this.wasOpen = wasOpen;
    this.waitMs = waitMs;
    this.room = room;
  }
}
