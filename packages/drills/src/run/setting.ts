import type { Platform, Progress } from '@sbmcrm/platform';
import type { Drill } from './drill.ts';

/** One run of one drill. */
export interface RunSetting {
  platform: Platform;
  drill: Drill;
  /** Requests per second. */
  rate: number;
  /** What the platform carries, in requests per second; undefined: not known. */
  capacity: number | undefined;
  /** The rate was chosen by the capacity: when the platform does not carry it before the fault, the run says so and ends. */
  mustCarry: boolean;
  /** An overload run: early refusals are what it is about. */
  mayRefuse: boolean;
  /** Load between the last step and the healing, in milliseconds. */
  dwellMs: number;
  /** How long the platform may take to heal by itself, in milliseconds. */
  healWithinMs: number;
  seed: number;
  /** Keys of the spec that were changed for this run. */
  set: Record<string, string>;
  /** Names everything that this run writes, and its history's file. */
  runId: string;
  /** Folder of the history. */
  folder: string;
  progress: Progress;
  signal?: AbortSignal | undefined;
}
