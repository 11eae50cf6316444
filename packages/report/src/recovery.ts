import { afterFault, type Figure, gapTone, good } from './figures.ts';
import { gap, gapText, millis, NONE, roundSeconds, seconds, type Tone } from './format.ts';
import type { RecoveryFigures, RunReport } from './types.ts';

/** How a run recovered, in the order of time. */
export function recoveryFigures(run: RunReport): Figure[] {
  const { detectedMs, fencedMs, effectMs, promotedMs } = run.recovery;
  const after = (key: keyof RecoveryFigures, name: string, ms: number | undefined, meaning: string): Figure => ({
    key,
    name,
    value: afterFault(ms),
    tone: 'plain',
    meaning,
  });
  return [
    ...(effectMs === undefined ? [] : [after('effectMs', 'Fault in effect', effectMs, 'as the cloud confirmed')]),
    ...(detectedMs === undefined ? [] : [after('detectedMs', 'Detected', detectedMs, 'after the fault')]),
    ...(fencedMs === undefined ? [] : [after('fencedMs', 'Fenced', fencedMs, 'after the fault')]),
    after('promotedMs', 'Promoted', promotedMs, 'after the fault'),
    firstWrite(run),
    writeGap(run),
    healed(run),
    calm(run),
  ];
}

function firstWrite({ recovery: { firstWriteMs: ms } }: RunReport): Figure {
  const [value, tone]: [string, Tone] = ms === null ? ['none', 'bad'] : [seconds(ms), 'plain'];
  return {
    key: 'firstWriteMs',
    name: 'First write',
    value,
    tone,
    meaning: 'acknowledged once the fault was in effect',
  };
}

function writeGap(run: RunReport): Figure {
  const found = gap(run);
  return {
    key: 'writeGapMs',
    name: 'Write gap',
    value: found ? gapText(found) : NONE,
    tone: gapTone(run, found),
    meaning: `goal ${roundSeconds(run.recovery.goalMs)}`,
  };
}

function healed({ recovery: { healMs: ms } }: RunReport): Figure {
  const [value, tone]: [string, Tone] = ms === null ? ['did not', 'bad'] : [`in ${seconds(ms)}`, 'plain'];
  return { key: 'healMs', name: 'Healed by itself', value, tone, meaning: 'once the fault was taken back' };
}

/** Without an answer before the fault there is no "as before" to reach. */
function calm(run: RunReport): Figure {
  const { calmMs: ms, calmGoalMs, calmLimitMs: limit } = run.recovery;
  const figure = { key: 'calmMs', name: 'Requests as fast as before' };
  if (limit === null)
    return { ...figure, value: NONE, tone: 'plain', meaning: 'nothing was answered before the fault' };
  return {
    ...figure,
    value: ms === null ? 'not' : `after ${seconds(ms)}`,
    tone: ms !== null && ms <= calmGoalMs ? good(run) : 'bad',
    meaning: `goal ${seconds(calmGoalMs)}, p99 ≤ ${millis(limit)} ms`,
  };
}
