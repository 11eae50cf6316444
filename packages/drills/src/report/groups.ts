import { gap, otherSettings } from './format.ts';
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
  /** Without those that were skipped. */
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
      measured: all.filter((run) => run.verdict !== 'skipped'),
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

/** Figures that differ from run to run, each in its own unit. */
export const SPREAD_FIGURES: {
  name: string;
  unit: 'time' | 'count' | 'latency';
  of: (run: RunReport) => number | null | undefined;
}[] = [
  { name: 'write gap', unit: 'time', of: gap },
  { name: 'first write', unit: 'time', of: (run) => run.recovery.firstWriteMs ?? Infinity },
  { name: 'failed requests', unit: 'count', of: (run) => run.workload.failed },
  { name: 'p99 during', unit: 'latency', of: (run) => run.workload.latencyMs.during.p99 },
];
