import type { EndedLoad } from '@sbmcrm/load';
import type { PlatformStatus } from '@sbmcrm/platform';
import type { Consistency, Mark, RunReport, Step, ToldAlert } from '@sbmcrm/report';
import { alertText } from '../../alerts/expected.ts';
import type { SeenAlert } from '../../alerts/seen.ts';
import { checkLedgers } from '../../check/consistency.ts';
import { blindSpots, dualWrites } from '../../check/dual.ts';
import { type Excuse, lagBound } from '../../check/excuse.ts';
import { noDamage } from '../../check/findings.ts';
import type { WriteObserver } from '../../observe/observer.ts';
import type { RunSetting } from '../setting.ts';
import type { Course } from '../under-load.ts';
import { recoveryFigures, series, workloadFigures } from './figures.ts';
import type { Ledgers } from './ledgers.ts';
import { ALERTS_NOT_TESTED, consistencyStep, NOT_TESTED } from './result.ts';
import { judge } from './verdict.ts';

/** What tried writes told. */
type Tries = Pick<WriteObserver, 'taken' | 'lags' | 'looks' | 'firstElsewhere'>;

/** Everything that a run left. Times in `clockMs()` milliseconds, but in steps and marks. */
export interface Evidence {
  setting: RunSetting;
  startedAt: string;
  course: Course;
  ended: EndedLoad;
  ledgers: Ledgers;
  before: PlatformStatus;
  databases: Tries;
  caches: Tries;
  steps: readonly Step[];
  marks: readonly Mark[];
  /** What the watch noted. */
  seen: readonly { atMs: number; label: string }[];
  touched: ReadonlySet<string>;
  /** Missing where nothing watches the platform. */
  alerts?: { fired: readonly SeenAlert[]; unexpected: readonly SeenAlert[] };
  atMs: number;
}

/** Puts a run's evidence into a report with its verdict: pure. */
export function assess(evidence: Evidence): RunReport {
  const { setting, course, ended, before, databases, caches } = evidence;
  const { platform, drill } = setting;
  const { moments, unfit } = course;
  const { history, generator } = ended;
  const { beganMs, faultMs } = moments;
  const promoted = databases.firstElsewhere(before.database.primary, faultMs);
  const consistency = consistencyOf(evidence, promoted !== undefined);
  const looks = [...databases.looks(), ...caches.looks()];
  const mode = platform.spec.database.replicationMode;
  const run = {
    spec: { replicationMode: mode, set: setting.set },
    steps: [...evidence.steps, consistencyStep(consistency, mode, evidence.atMs - beganMs)],
    workload: { ...workloadFigures(history, setting.rate, moments), ...(generator ? { generator } : {}) },
    recovery: recoveryFigures(history, {
      moments,
      goalMs: drill.goalMs(platform.spec),
      rate: setting.rate,
      capacity: setting.capacity,
      promotedAtMs: promoted?.endMs,
      healMs: course.healMs,
    }),
    consistency,
  };
  const { fired = [], unexpected = [] } = evidence.alerts ?? {};
  const problems = [
    ...course.problems,
    ended.problem,
    evidence.ledgers.problem,
    ...(unexpected.length > 0
      ? [`alerts that this drill is not to cause: ${unexpected.map(alertText).join(', ')}`]
      : []),
  ].filter((each) => each !== undefined);
  const judged = judge(run, {
    problems,
    mayRefuse: setting.mayRefuse,
    blind: [...(unfit === undefined ? [] : [unfit]), ...blindSpots(looks, moments, evidence.touched)],
  });
  // The watch looks once a second; the write that was tried tells it to a tenth.
  const first = promoted ? [{ atMs: promoted.endMs, label: `${promoted.host} takes writes` }] : [];
  const roles = [...evidence.seen, ...first].map(
    ({ atMs, label }): Mark => ({ atMs: Math.round(atMs - beganMs), kind: 'role', label }),
  );
  return {
    drill: drill.name,
    title: drill.title,
    seed: setting.seed,
    ...judged,
    ...(unfit === undefined ? {} : { unfit: true as const }),
    startedAt: evidence.startedAt,
    ...run,
    ...(evidence.alerts ? { alerts: fired.map((alert) => toldOf(alert, unexpected, beganMs)) } : {}),
    watched: looks.map(({ host, times, errors }) => ({ host, samples: times.length, errors })),
    marks: [...evidence.marks, ...roles].filter((mark) => mark.atMs >= 0).sort((x, y) => x.atMs - y.atMs),
    series: series(history, moments),
    notTested: [...(drill.notTested ?? []), ...(evidence.alerts ? [] : [ALERTS_NOT_TESTED]), ...NOT_TESTED],
  };
}

function toldOf(alert: SeenAlert, unexpected: readonly SeenAlert[], beganMs: number): ToldAlert {
  const { name, host, firedMs, heldMs } = alert;
  return {
    name,
    ...(host === undefined ? {} : { host }),
    fromMs: Math.round(firedMs - beganMs),
    untilMs: Math.round(Math.max(firedMs, heldMs) - beganMs),
    isExpected: !unexpected.includes(alert),
  };
}

/** @param hasFailedOver another database host took over */
function consistencyOf(evidence: Evidence, hasFailedOver: boolean): Consistency {
  const { setting, course, ended, before, databases, caches, ledgers } = evidence;
  const { faultMs, effectMs, beganMs } = course.moments;
  const standbys = before.database.members.filter((member) => member.role === 'standby').map(({ name }) => name);
  const lags = databases.lags.filter(({ host, atMs }) => standbys.includes(host) && atMs >= beganMs && atMs < faultMs);
  const lagBoundMs = lagBound(lags.map(({ lagMs }) => lagMs));
  const isAsync = setting.platform.spec.database.replicationMode === 'async';
  const excuse: Excuse | undefined = isAsync && hasFailedOver ? { faultMs, effectMs, lagBoundMs } : undefined;
  const incompleteRun = ended.problem === undefined ? undefined : setting.runId;
  const found = ledgers.ledgers
    ? checkLedgers(ended.history, ledgers.ledgers, { excuse, incompleteRun })
    : { ...noDamage(), findings: [ledgers.problem] };
  return {
    ...found,
    checked: ledgers.ledgers !== undefined,
    lagBoundMs: isAsync ? lagBoundMs : 0,
    dualPrimaryObservations: dualWrites(databases.taken).length,
    dualCacheObservations: dualWrites(caches.taken).length,
  };
}
