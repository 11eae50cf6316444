import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToolError } from '@sbmcrm/errors';
import { findCapacity, Load, loadFigures, tooMuch, voidLoad } from '@sbmcrm/load';
import { apiUrl, Interrupted, type Platform, type Progress, readSecrets } from '@sbmcrm/platform';
import type { MeasuredCapacity } from '@sbmcrm/report';
import { Observation } from '../observe/observation.ts';
import type { Allowed } from '../observe/watch.ts';
import { healthyStatus } from '../run/healthy.ts';
import { busyParts, cpuUse } from './busy.ts';
import { putAway } from './put-away.ts';

/** Long enough for a queue to show, and for a hundredth of the requests to mean something. */
const STEP_MS = 8000;
const LOOK_MS = 100;
const SEED = 1;
/** A search breaks nothing: what is missing meanwhile ends it. */
const NOTHING: Allowed = { hosts: new Set(), faults: new Set() };

export interface SearchOptions {
  /** The search ends when this rate holds, in requests per second. */
  enough: number;
  /** How often the limit is looked for. */
  passes: number;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Finds the highest rate that a platform carries on this machine, by loading it step by step while it is looked at as in a drill.
 *
 * @throws Error in one line when it carries nothing; Interrupted
 */
export async function searchCapacity(platform: Platform, options: SearchOptions): Promise<MeasuredCapacity> {
  const before = await healthyStatus(platform, 'capacity');
  const { adminEmail: email, adminPassword: password } = readSecrets(platform.paths);
  const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-capacity-'));
  let busy: MeasuredCapacity['busy'] = [];
  let best = 0;
  let steps = 0;
  const load = await Load.prepare({
    origin: apiUrl(platform),
    credentials: { email, password },
    runId: `capacity-${new Date().toISOString().replace(/\D/g, '')}`,
    rate: options.enough,
    seed: SEED,
    historyFile: join(folder, 'history.jsonl'),
  });
  let observation: Observation | undefined;
  try {
    observation = await Observation.begin(platform, before, () => NOTHING);
    const { left } = observation.watch;
    const look = (note: (text: string) => void) => {
      if (options.signal?.aborted) throw new Interrupted();
      if (left.aborted) throw new ToolError('NOT_HEALTHY', `capacity: ${left.reason}`);
      note(`p99 ${Math.round(load.figures.recentP99Ms ?? 0)} ms`);
    };
    const capacity = await findCapacity(
      (rate) =>
        options.progress.step(`Capacity, step ${++steps}: ${rate} requests/s`, async (note) => {
          note('warm-up');
          await load.begin(rate);
          const before = cpuUse(platform.cloud.access);
          await wait(STEP_MS, () => look(note));
          const after = cpuUse(platform.cloud.access);
          const generator = await load.pause();
          const step = loadFigures(
            load.history().filter(({ dueMs }) => dueMs >= load.beganMs),
            rate,
          );
          // A starved load cannot say more: that is this machine's limit, too.
          const reason = tooMuch(step) ?? voidLoad(step);
          note(reason ?? `holds: p99 ${Math.round(step.latencyMs.p99 ?? 0)} ms`);
          if (reason === undefined && rate > best) {
            best = rate;
            busy = busyParts(before, after, generator.cpuMs / 1000);
          }
          return { rate, holds: reason === undefined, ...(reason === undefined ? {} : { reason }) };
        }),
      options.enough,
      options.passes,
    );
    return { ...capacity, measuredAt: new Date().toISOString(), busy, cores: cpus().length };
  } finally {
    load.kill();
    await observation?.close();
    // Also of a search that was interrupted, or found nothing.
    await options.progress.step('Put its customers away', () => putAway(platform, load.history(), { email, password }));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function wait(milliseconds: number, look: () => void): Promise<void> {
  for (const end = performance.now() + milliseconds; performance.now() < end; ) {
    look();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
