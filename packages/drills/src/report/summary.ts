import { consistencyFigures, gapTone, type Tone } from './figures.ts';
import {
  count,
  counted,
  cut,
  dualObservations,
  gap,
  millis,
  NONE,
  oneLine,
  roundSeconds,
  rpo,
  seconds,
  tally,
  VERDICTS,
  wrap,
} from './format.ts';
import { type Group, groupName, groupRuns, groupSpread } from './groups.ts';
import { type Paint, painter } from './paint.ts';
import type { ReportFile, RunReport } from './types.ts';

/** Columns of the summary; nothing is wider than this. */
const WIDTH = 100;
/** Below this the latencies are left out and columns stand closer, so that the names of drills stay whole. */
const WIDTH_WITH_LATENCY = 92;
const INDENT = '    ';

interface Cell {
  text: string;
  tone: Tone;
}

/** The runs for a terminal: what was lost by design first, one line a run with its faults below, the tally last. */
export function summaryText(file: ReportFile, options: { color: boolean; width?: number }): string {
  const paint = painter(options.color);
  const width = Math.min(options.width ?? WIDTH, WIDTH);
  const groups = groupRuns(file.runs);
  const lines = [...rpoLines(groups, width).map((line) => paint('notice', line)), ...runLines(file.runs, width, paint)];
  const repeats = groups
    .filter(({ measured }) => measured.length > 1)
    .flatMap((group) => wrap(repeatLine(group), width));
  return [...lines, ...repeats, tally(file.runs)].join('\n');
}

function rpoLines(groups: readonly Group[], width: number): string[] {
  return groups.flatMap((group) => {
    const worst = Math.max(...group.runs.map(rpo));
    if (worst === 0) return [];
    const of = group.measured.length > 1 ? `, worst of ${group.measured.length} runs` : '';
    return wrap(`RPO: ${counted(worst, 'acknowledged write')} lost (async) – ${group.drill}${of}`, width);
  });
}

function runLines(runs: readonly RunReport[], width: number, paint: Paint): string[] {
  const latency = width >= WIDTH_WITH_LATENCY;
  const header = [
    '',
    'DRILL',
    'MODE',
    'GAP / GOAL',
    'FAILED',
    'LOST',
    'DUP',
    'UNEXP',
    'STALE',
    'DUAL',
    ...(latency ? ['P99 MS'] : []),
  ];
  const rows = runs.map((run) => cells(run).slice(0, header.length));
  const all = [header.map((text): Cell => ({ text, tone: 'plain' })), ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.text.length ?? 0)));
  const space = latency ? '  ' : ' ';
  const others =
    widths.reduce((sum, each) => sum + each, 0) - (widths[1] ?? 0) + 1 + space.length * (header.length - 2);
  widths[1] = Math.max(8, Math.min(widths[1] ?? 0, width - others));
  const line = (row: readonly Cell[]) =>
    row
      .map(({ text, tone }, column) => {
        const size = widths[column] ?? 0;
        const shown = cut(text, size);
        // The sign stands close to the name; numbers stand under each other.
        const padded = column < 3 ? shown.padEnd(size) : shown.padStart(size);
        return `${column === 0 ? '' : column === 1 ? ' ' : space}${paint(tone, padded)}`;
      })
      .join('')
      .trimEnd();
  return [
    paint('dim', line(all[0] ?? [])),
    ...runs.flatMap((run, index) => [line(rows[index] ?? []), ...details(run, width, paint)]),
  ];
}

function cells(run: RunReport): Cell[] {
  const plain = (text: string): Cell => ({ text, tone: 'plain' });
  const { verdict, recovery, workload, consistency } = run;
  const tones = { pass: 'good', fail: 'bad', skipped: 'plain' } as const;
  const first: Cell[] = [
    { text: VERDICTS[verdict].sign, tone: tones[verdict] },
    plain(oneLine(run.drill)),
    plain(run.spec.replicationMode),
  ];
  const gapMs = gap(run);
  if (gapMs === undefined) return [...first, ...Array.from({ length: 8 }, () => plain(NONE))];
  const zero = (value: number, tone: Tone = 'bad'): Cell => ({ text: count(value), tone: value > 0 ? tone : 'plain' });
  const { before, during } = workload.latencyMs;
  return [
    ...first,
    { text: `${seconds(gapMs)} / ${roundSeconds(recovery.goalMs)}`, tone: gapTone(gapMs, recovery.goalMs) },
    zero(workload.failed),
    zero(consistency.lost, rpo(run) > 0 ? 'notice' : 'bad'),
    zero(consistency.duplicated),
    zero(consistency.unexpected),
    zero(consistency.staleSessionReads),
    zero(dualObservations(run)),
    plain(`${millis(before.p99)}→${millis(during.p99)}`),
  ];
}

/** What must be known of a run beside its figures. */
function details(run: RunReport, width: number, paint: Paint): string[] {
  const lines = (tone: Tone, text: string) =>
    wrap(text, width - INDENT.length).map((line) => INDENT + paint(tone, line));
  const bad = run.verdict === 'fail' ? 'bad' : 'plain';
  // These two have no column of their own.
  const balances = consistencyFigures(run).filter(
    ({ name, tone }) => tone === 'bad' && (name === 'Negative balances' || name === 'Balance mismatches'),
  );
  return [
    ...(run.reason ? lines(bad, run.reason) : []),
    ...run.steps
      .filter(({ ok }) => !ok)
      .flatMap((step) => lines('bad', `✘ ${step.name}: expected ${step.expected}; observed ${step.observed}`)),
    ...balances.flatMap(({ name, value, meaning }) => lines('bad', `${name}: ${value} (${meaning})`)),
    ...run.consistency.findings.flatMap((finding) => lines(bad, `- ${finding}`)),
  ];
}

function repeatLine(group: Group): string {
  const gaps = groupSpread(group, gap);
  const p99 = groupSpread(group, (run) => run.workload.latencyMs.during.p99);
  const parts = [
    gaps && `gap ${seconds(gaps.median)} / ${seconds(gaps.max)}`,
    p99 && `p99 ${millis(p99.median)} / ${millis(p99.max)} ms`,
  ];
  return `${groupName(group)}, ${group.measured.length} runs, median / worst: ${parts.filter(Boolean).join(', ')}`;
}
