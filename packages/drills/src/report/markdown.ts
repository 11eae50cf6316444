import { count, dualObservations, gap, machineText, millis, NONE, oneLine, roundSeconds, seconds } from './format.ts';
import { type Group, groupRuns, groupSpread } from './groups.ts';
import type { ReportFile, RunReport } from './types.ts';

const COLUMNS: { head: string; number: boolean; of: (group: Group) => string }[] = [
  { head: 'Drill', number: false, of: ({ drill, set }) => [`\`${drill}\``, set].filter(Boolean).map(cell).join(' ') },
  { head: 'What is lost, what must hold', number: false, of: ({ title }) => cell(title) },
  { head: 'Mode', number: false, of: ({ mode }) => mode },
  { head: 'Passed', number: true, of: passed },
  { head: 'Write gap (goal)', number: true, of: writeGap },
  { head: 'Failed requests', number: true, of: (group) => both(group, (run) => run.workload.failed, count) },
  { head: 'Lost writes', number: true, of: (group) => both(group, (run) => run.consistency.lost, count) },
  {
    head: 'Duplicated or unexpected',
    number: true,
    of: (group) => both(group, (run) => run.consistency.duplicated + run.consistency.unexpected, count),
  },
  { head: 'Stale reads', number: true, of: (group) => both(group, (run) => run.consistency.staleSessionReads, count) },
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
  if (measured.length === 0) return cell(`skipped: ${runs[0]?.reason ?? 'no reason given'}`);
  return `${measured.filter(({ verdict }) => verdict === 'pass').length} of ${measured.length}`;
}

function writeGap(group: Group): string {
  const goal = group.measured[0]?.recovery.goalMs;
  return goal === undefined ? NONE : `${both(group, gap, seconds)} (${roundSeconds(goal)})`;
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
