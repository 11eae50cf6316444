import type { Platform, Progress } from '@sbmcrm/platform';
import type { Drill } from './drill.ts';

/** One run of one drill. */
export interface RunSetting {
  platform: Platform;
  drill: Drill;
  /** Requests per second. */
  rate: number;
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
