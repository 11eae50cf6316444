import {
  count,
  dualObservations,
  gap,
  gapLength,
  gapLengthText,
  gapText,
  machineText,
  millis,
  NONE,
  oneLine,
  roundSeconds,
  rpo,
  seconds,
  UNKNOWN,
  VERDICTS,
} from './format.ts';
import { type Group, groupRuns, groupSpread } from './groups.ts';
import type { Consistency, ReportFile, RunReport } from './types.ts';

const COLUMNS: { head: string; number: boolean; of: (group: Group) => string }[] = [
  { head: 'Drill', number: false, of: ({ drill, set }) => [`\`${drill}\``, set].filter(Boolean).map(cell).join(' ') },
  { head: 'What is lost, what must hold', number: false, of: ({ title }) => cell(title) },
  { head: 'Mode', number: false, of: ({ mode }) => mode },
  { head: 'Passed', number: true, of: passed },
  { head: 'Write gap (goal)', number: true, of: writeGap },
  { head: 'Failed requests', number: true, of: (group) => both(group, (run) => run.workload.failed, count) },
  { head: 'Refused requests', number: true, of: (group) => both(group, (run) => run.workload.refused, count) },
  { head: 'Lost writes', number: true, of: lost },
  {
    head: 'Duplicated or unexpected',
    number: true,
    of: (group) => ofWrites(group, ({ duplicated, unexpected }) => duplicated + unexpected),
  },
  { head: 'Stale reads', number: true, of: (group) => ofWrites(group, (found) => found.staleSessionReads) },
  { head: 'Dual primaries', number: true, of: (group) => both(group, dualObservations, count) },
  { head: 'p99 before → during', number: true, of: latency },
];

/** The table of the README: repeats in one row as `median / worst`, the origin of the figures in the last line. */
export function markdownTable(file: ReportFile): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const groups = groupRuns(file.runs);
  const repeated = groups.some(({ measured }) => measured.length > 1) ? ' Repeats: median / worst.' : '';
  return [
    row(COLUMNS.map(({ head }) => head)),
    row(COLUMNS.map(({ number }) => (number ? '--:' : '---'))),
    ...groups.map((group) => row(COLUMNS.map(({ of }) => of(group)))),
    '',
    `\`${oneLine(file.command).replaceAll('`', "'")}\`, ${file.startedAt.slice(0, 10)}, on ${cell(machineText(file.machine))}.${repeated}`,
    '',
  ].join('\n');
}

function passed({ measured, runs }: Group): string {
  const voids = runs.filter(({ verdict }) => verdict === 'void');
  if (measured.length === 0) {
    const shown = voids[0] ?? runs[0];
    return cell(`${shown ? VERDICTS[shown.verdict].word : ''}: ${shown?.reason ?? 'no reason given'}`);
  }
  const of = `${measured.filter(({ verdict }) => verdict === 'pass').length} of ${measured.length}`;
  return voids.length > 0 ? `${of}, ${voids.length} void` : of;
}

function writeGap(group: Group): string {
  const [first] = group.measured;
  const only = group.measured.length === 1 && first ? gap(first) : undefined;
  if (!first) return NONE;
  return `${only ? gapText(only) : both(group, gapLength, gapLengthText)} (${roundSeconds(first.recovery.goalMs)})`;
}

function lost(group: Group): string {
  const figure = ofWrites(group, (found) => found.lost);
  const [worst] = [...group.measured].sort((x, y) => rpo(y) - rpo(x));
  const beyond = group.mode === 'async' ? Math.max(0, ...group.measured.map(beyondLag)) : 0;
  if (beyond > 0) return `${figure} (${count(beyond)} beyond lag)`;
  return worst && rpo(worst) > 0 ? `${figure} (RPO, lag ≤ ${seconds(worst.consistency.lagBoundMs)})` : figure;
}

function beyondLag({ consistency }: RunReport): number {
  return consistency.checked ? consistency.lostBeyondLag : 0;
}

/** A count that the ledgers tell; where they could not be read it may be anything, so it counts as the worst. */
function ofWrites(group: Group, figure: (found: Consistency) => number): string {
  const value = ({ consistency }: RunReport) => (consistency.checked ? figure(consistency) : Infinity);
  return both(group, value, (found) => (found === Infinity ? UNKNOWN : count(found)));
}

function latency(group: Group): string {
  const of = (phase: 'before' | 'during') => groupSpread(group, (run) => run.workload.latencyMs[phase].p99)?.median;
  const before = of('before');
  const during = both(
    group,
    (run) => run.workload.latencyMs.during.p99,
    (ms) => millis(ms),
  );
  return before === undefined && during === NONE ? NONE : `${millis(before ?? null)} → ${during} ms`;
}

/** `median / worst`, or the value alone where they are the same. */
function both(
  group: Group,
  figure: (run: RunReport) => number | null | undefined,
  format: (value: number) => string,
): string {
  const found = groupSpread(group, figure);
  if (!found) return NONE;
  const [median, worst] = [format(found.median), format(found.max)];
  return median === worst ? median : `${median} / ${worst}`;
}

/** Text for a cell: one line, without what would end the cell or pass for HTML. */
function cell(text: string): string {
  return oneLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('|', '\\|');
}
