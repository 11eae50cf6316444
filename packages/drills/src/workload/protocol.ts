import type { Credentials } from './user.ts';

/** What the load needs to know. The password comes over the pipe, never as an argument. */
export interface LoadSetting {
  /** Such as `http://127.0.0.1:8080`. */
  origin: string;
  credentials: Credentials;
  /** Names everything that this run writes. */
  runId: string;
  /** Requests per second. */
  rate: number;
  seed: number;
  /** File for the history, one operation a line. */
  historyFile: string;
}

/** To the load's process. `begin` follows `ready`; after `stop` it waits for what is under way. */
export type ToLoad = { type: 'prepare'; setting: LoadSetting } | { type: 'begin' } | { type: 'stop' };

/** From the load's process. */
export type FromLoad =
  | { type: 'ready' }
  | { type: 'begun'; atMs: number }
  | { type: 'figures'; figures: LiveFigures }
  | { type: 'done' }
  | { type: 'problem'; message: string };

/** How the load stands, told four times a second. */
export interface LiveFigures {
  sent: number;
  ok: number;
  failed: number;
  retried: number;
  late: number;
  inFlight: number;
  /** Writes acknowledged so far. */
  writes: number;
  /** When the last one was, in `clockMs()` time; 0 before the first. */
  lastWriteMs: number;
}
