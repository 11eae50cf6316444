import { count, gapLength, gapLengthText, millis, otherSettings, seconds } from './format.ts';
import { type Spread, spread } from './spread.ts';
import type { RunReport } from './types.ts';

/** Runs of one drill on one kind of system: repeats of the same experiment. */
export interface Group {
  drill: string;
  title: string;
  mode: 'async' | 'sync';
  /** Other settings of these runs. */
  set: string;
  /** All of them, in order. */
  runs: RunReport[];
  /** Those that show something: neither skipped nor void. */
  measured: RunReport[];
}

/** Groups in the order of their first runs. */
export function groupRuns(runs: readonly RunReport[]): Group[] {
  const keyOf = (run: RunReport) => JSON.stringify([run.drill, run.spec.replicationMode, otherSettings(run)]);
  return [...Map.groupBy(runs, keyOf).values()].map((all) => {
    const first = all[0] as RunReport;
    return {
      drill: first.drill,
      title: first.title,
      mode: first.spec.replicationMode,
      set: otherSettings(first),
      runs: all,
      measured: all.filter(({ verdict }) => verdict === 'pass' || verdict === 'fail'),
    };
  });
}

/** `drill, async`, with other settings if there are any. */
export function groupName({ drill, mode, set }: Group): string {
  return [drill, mode, set].filter(Boolean).join(', ');
}

/** Spread of a figure over the group's measured runs that have it; undefined when none has. */
export function groupSpread(group: Group, figure: (run: RunReport) => number | null | undefined): Spread | undefined {
  const values = group.measured.map(figure).filter((value) => typeof value === 'number');
  return values.length === 0 ? undefined : spread(values);
}

/** Figures that differ from run to run. What never came is Infinity, the worst of all. */
export const SPREAD_FIGURES: {
  name: string;
  of: (run: RunReport) => number | null | undefined;
  format: (value: number) => string;
}[] = [
  { name: 'write gap', of: gapLength, format: gapLengthText },
  {
    name: 'first write',
    of: (run) => run.recovery.firstWriteMs ?? Infinity,
    format: (ms) => (ms === Infinity ? 'none' : seconds(ms)),
  },
  { name: 'failed requests', of: (run) => run.workload.failed, format: count },
  { name: 'p99 during', of: (run) => run.workload.latencyMs.during.p99, format: (ms) => `${millis(ms)} ms` },
];
