import { clockMs, type Load, RECENT_MS } from '@sbmcrm/load';
import { Interrupted } from '@sbmcrm/platform';
import type { RunAlerts } from '../alerts/run-alerts.ts';
import { inSeconds } from './drill.ts';
import { heal } from './heal.ts';
import { unfitBaseline } from './judge/baseline.ts';
import { calmGoal, calmLimit, longestWriteGap, type Moments } from './judge/figures.ts';
import { LeftState, type RunningTest, StepFailed } from './running-test.ts';
import type { RunSetting } from './setting.ts';

/** Load before the fault, to compare with, and the shortest after the healing: as long as recent figures look back. */
const CALM_MS = RECENT_MS;
/** The last requests of a calm window need an answer, too. */
const AFTER_CALM_MS = 1000;

/** The load is more than the platform carries without any fault. */
class Unfit extends Error {}

/** What happened under load. */
export interface Course {
  moments: Moments;
  /** How long the platform took to heal, in milliseconds; undefined: it did not. */
  healMs: number | undefined;
  /** Why the load was too much before any fault, so that there was none; undefined: it was not. */
  unfit?: string;
  /** What broke, beside steps that failed, in one line each. */
  problems: string[];
}

/** Baseline, fault, steps, healing, and load after it until requests are as before. @throws Interrupted after healing */
export async function underLoad(
  setting: RunSetting,
  test: RunningTest,
  load: Load,
  alerts: RunAlerts | undefined,
): Promise<Course> {
  const { drill, signal, progress } = setting;
  const problems: string[] = [];
  let interrupted = false;
  let unfit: string | undefined;
  const guarded = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (error instanceof Interrupted) interrupted = true;
      else if (error instanceof Unfit) unfit = error.message;
      else if (error instanceof LeftState) problems.push(`stopped: ${error.message}`);
      // A failed step is in the report already.
      else if (!(error instanceof StepFailed)) problems.push((error as Error).message);
    }
  };
  await guarded(async () => {
    await progress.step('Warm-up', () => load.begin());
    await progress.step(`Load before the fault: ${inSeconds(CALM_MS)}`, () => test.pause(CALM_MS));
    if (setting.mustCarry) checkBaseline(setting.rate, load);
    await drill.run(test);
    const waitedMs = (await alerts?.fire(test, test.faultMs)) ?? 0;
    const restMs = Math.max(0, setting.dwellMs - waitedMs);
    await progress.step(`Load goes on: ${inSeconds(restMs)}`, () => test.pause(restMs));
  });
  if (test.faultMs === 0) test.faultMs = clockMs();
  if (test.effectMs === 0) test.effectMs = test.faultMs;
  const momentsAt = (healedMs: number): Moments => {
    const { faultMs, effectMs } = test;
    return { beganMs: load.beganMs || faultMs, faultMs, effectMs, healedMs, endedMs: clockMs() };
  };
  // Without a fault there is nothing to heal.
  if (unfit !== undefined) return { moments: momentsAt(clockMs()), healMs: undefined, problems, unfit };
  let healMs: number | undefined;
  test.healing = true;
  await guarded(async () => {
    healMs = await heal(test, setting.healWithinMs);
  });
  test.healing = false;
  const healedMs = clockMs();
  if (interrupted || signal?.aborted) throw new Interrupted();
  const isWhole = problems.length === 0 && test.steps.every((step) => step.ok);
  await guarded(async () => {
    if (!isWhole) return;
    await drill.healed?.(test);
    await alerts?.resolve(test, test.faultMs);
  });
  // Also when a step after healing failed: how fast requests are is a finding of its own.
  await guarded(async () => {
    await progress.step('Load after healing, until requests are as before', (note) =>
      untilCalm(setting, test, load, healMs !== undefined, note),
    );
  });
  if (interrupted) throw new Interrupted();
  return { moments: momentsAt(healedMs), healMs, problems };
}

/** @throws Unfit when the platform does not carry the load before the fault */
function checkBaseline(rate: number, load: Load): void {
  const ended = load.history().filter(({ dueMs }) => dueMs >= load.beganMs);
  const reason = unfitBaseline({ ended, inFlight: load.figures.inFlight, rate });
  if (reason !== undefined) throw new Unfit(`at ${rate}/s, before any fault: ${reason}`);
}

/** Lets the load go on until recent requests are as fast as before, or the time for it is over. */
async function untilCalm(
  { rate, capacity }: RunSetting,
  test: RunningTest,
  load: Load,
  isHealed: boolean,
  note: (text: string) => void,
): Promise<void> {
  const start = performance.now();
  await test.pause(CALM_MS);
  if (!isHealed) return;
  const history = load.history();
  const { beforeP99Ms, gapMs } = longestWriteGap(history, load.beganMs, test.faultMs);
  const limitMs = calmLimit(beforeP99Ms);
  const end = start + calmGoal(gapMs, rate, capacity) + CALM_MS;
  const isCalm = () => limitMs === null || (load.figures.recentP99Ms ?? Number.POSITIVE_INFINITY) <= limitMs;
  while (!isCalm() && performance.now() < end) {
    note(`p99 ${Math.round(load.figures.recentP99Ms ?? 0)} ms, wanted ${Math.round(limitMs ?? 0)} ms`);
    await test.pause(500);
  }
  await test.pause(AFTER_CALM_MS);
}
