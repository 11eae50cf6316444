import type { Credentials } from './client/user.ts';

/** What the load needs to know. The password comes over the pipe, never as an argument. */
export interface LoadSetting {
  /** Such as `http://127.0.0.1:8080`. */
  origin: string;
  credentials: Credentials;
  /** Names everything that this run writes. */
  runId: string;
  /** The highest rate that it will be asked for, in requests per second. */
  rate: number;
  seed: number;
  /** File for the history, one operation a line. */
  historyFile: string;
}

/**
 * To the load's process. `begin` follows `ready`; after `stop` it waits for what is under way. Both may follow each other
 * several times.
 */
export type ToLoad = { type: 'prepare'; setting: LoadSetting } | { type: 'begin'; rate: number } | { type: 'stop' };

/** From the load's process. `begun` comes after the warm-up. */
export type FromLoad =
  | { type: 'ready' }
  | { type: 'begun'; atMs: number }
  | { type: 'figures'; figures: LiveFigures }
  | { type: 'done'; generator: GeneratorFigures }
  | { type: 'problem'; message: string };

/** How the load stands, told four times a second; counted from the begin of the warm-up. */
export interface LiveFigures {
  sent: number;
  /** Answered as expected; the CRM's own no is an expected answer. */
  ok: number;
  refused: number;
  failed: number;
  retried: number;
  late: number;
  inFlight: number;
  /** Writes acknowledged so far. */
  writes: number;
  /** When the last one was, in `clockMs()` time; 0 before the first. */
  lastWriteMs: number;
  /** 99th percentile of what was answered in the last five seconds, in milliseconds; null without answers. */
  recentP99Ms: number | null;
}

/** What the load says of itself: whether it could do what it was asked for. */
export interface GeneratorFigures {
  /** How much later than asked its event loop came round, in milliseconds. */
  eventLoopDelayMs: { p99: number; max: number };
  /** Its processor time, in milliseconds. */
  cpuMs: number;
  /** The most requests under way at once, and how many connections it may have. */
  mostInFlight: number;
  maxSockets: number;
}

export const NO_FIGURES: Readonly<LiveFigures> = {
  sent: 0,
  ok: 0,
  refused: 0,
  failed: 0,
  retried: 0,
  late: 0,
  inFlight: 0,
  writes: 0,
  lastWriteMs: 0,
  recentP99Ms: null,
};
