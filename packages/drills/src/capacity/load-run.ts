import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GeneratorFigures, Load, type LoadFigures, loadFigures, voidLoad } from '@sbmcrm/load';
import { apiUrl, type Platform, type Progress, readSecrets } from '@sbmcrm/platform';
import { loadText } from '../run/running-test.ts';
import { putAway } from './put-away.ts';

const LOOK_MS = 250;
const LARGEST_SEED = 1_000_000;

/** A load that is over: what `load --json` prints. */
export interface LoadRun extends LoadFigures {
  seconds: number;
  seed: number;
  /** What the load says of itself; missing when it did not end in good order. */
  generator?: GeneratorFigures;
  /** Why figures may lack requests, in one line. */
  problem?: string;
  /** Why the load was not what it says, in one line. */
  void?: string;
}

export interface LoadRunOptions {
  /** Requests per second. */
  rate: number;
  forMs: number;
  seed?: number | undefined;
  /** Where each request is kept as a line of JSON; a file that is there already is not written over. Default: nowhere. */
  historyFile?: string | undefined;
  progress: Progress;
  /** Ends the load early; it is then told as far as it came. */
  signal?: AbortSignal | undefined;
}

/** Puts steady load on a platform for a while. @throws Error in one line when it cannot begin */
export async function runLoadFor(platform: Platform, options: LoadRunOptions): Promise<LoadRun> {
  const { rate, forMs, progress, signal } = options;
  const seed = options.seed ?? randomInt(LARGEST_SEED);
  // Asked for each time: the password may be rotated meanwhile.
  const credentials = () => {
    const { adminEmail: email, adminPassword: password } = readSecrets(platform.paths);
    return { email, password };
  };
  const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-load-'));
  const load = await progress.step('Users log in', () =>
    Load.prepare({
      origin: apiUrl(platform),
      credentials: credentials(),
      runId: `load-${new Date().toISOString().replace(/\D/g, '')}`,
      rate,
      seed,
      historyFile: options.historyFile ?? join(folder, 'history.jsonl'),
    }),
  );
  try {
    await progress.step('Warm-up', () => load.begin());
    const start = performance.now();
    await progress.step(`${rate} requests/s`, async (note) => {
      while (performance.now() - start < forMs && !signal?.aborted) {
        note(loadText(load.figures));
        await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, forMs)));
      }
    });
    const seconds = Math.round((performance.now() - start) / 100) / 10;
    const ended = await progress.step('Wait for the last answers', () => load.stop());
    const figures = loadFigures(
      ended.history.filter(({ dueMs }) => dueMs >= load.beganMs),
      rate,
    );
    await progress.step('Put its customers away', () => putAway(platform, ended.history, credentials()));
    const reason = voidLoad(figures);
    const { generator, problem } = ended;
    return {
      ...figures,
      seconds,
      seed,
      ...(generator ? { generator } : {}),
      ...(problem === undefined ? {} : { problem }),
      ...(reason === undefined ? {} : { void: reason }),
    };
  } finally {
    load.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
