import { gapTone, ofWrites, refusedTone } from './figures.ts';
import {
  count,
  counted,
  cut,
  dualObservations,
  gap,
  gapLength,
  gapLengthText,
  millis,
  NONE,
  oneLine,
  roundSeconds,
  rpo,
  seconds,
  type Tone,
  tally,
  VERDICTS,
  wrap,
} from './format.ts';
import { type Group, groupName, groupRuns, groupSpread } from './groups.ts';
import { details } from './html/details.ts';
import { type Paint, painter } from './html/paint.ts';
import { loadText, unfinished } from './load-text.ts';
import type { ReportFile, RunReport } from './types.ts';

/** Columns of the summary; nothing is wider than this. */
const WIDTH = 100;
/** Below this the latencies are left out and columns stand closer, so that the names of drills stay whole. */
const WIDTH_WITH_LATENCY = 98;

interface Cell {
  text: string;
  tone: Tone;
}

/**
 * The runs for a terminal: what was lost by design first, one line a run with its faults below, then the tally, and last
 * the load that all of it is for.
 */
export function summaryText(file: ReportFile, options: { color: boolean; width?: number }): string {
  const paint = painter(options.color);
  const width = Math.min(options.width ?? WIDTH, WIDTH);
  const groups = groupRuns(file.runs);
  const lines = [...rpoLines(groups, width).map((line) => paint('notice', line)), ...runLines(file.runs, width, paint)];
  const repeats = groups
    .filter(({ measured }) => measured.length > 1)
    .flatMap((group) => wrap(repeatLine(group), width));
  const missing = unfinished(file);
  return [
    ...lines,
    ...repeats,
    tally(file.runs),
    ...(missing ? wrap(`${missing}; \`--resume\` goes on`, width).map((line) => paint('notice', line)) : []),
    ...wrap(loadText(file.load), width),
  ].join('\n');
}

function rpoLines(groups: readonly Group[], width: number): string[] {
  return groups.flatMap(({ drill, runs: all }) => {
    const runs = all.filter(({ verdict }) => verdict !== 'skipped');
    const [worst] = [...runs].sort((x, y) => rpo(y) - rpo(x));
    if (!worst || rpo(worst) === 0) return [];
    const of = runs.length > 1 ? `, worst of ${runs.length} runs` : '';
    const lag = `async, the standby at most ${seconds(worst.consistency.lagBoundMs)} behind`;
    return wrap(`RPO: ${counted(rpo(worst), 'acknowledged write')} lost (${lag}) – ${drill}${of}`, width);
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
    'REFUSED',
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
  // The sign stands close to the name, numbers close to each other: their heads are wider than they are.
  const space = (column: number) => (column === 0 ? '' : latency && column >= 2 && column <= 4 ? '  ' : ' ');
  const spaces = header.map((_, column) => space(column)).join('').length;
  const others = widths.reduce((sum, each) => sum + each, 0) - (widths[1] ?? 0) + spaces;
  widths[1] = Math.max(8, Math.min(widths[1] ?? 0, width - others));
  const line = (row: readonly Cell[]) =>
    row
      .map(({ text, tone }, column) => {
        const size = widths[column] ?? 0;
        const shown = cut(text, size);
        // Numbers stand under each other.
        const padded = column < 3 ? shown.padEnd(size) : shown.padStart(size);
        return `${space(column)}${paint(tone, padded)}`;
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
  const { sign, tone } = VERDICTS[verdict];
  const first: Cell[] = [{ text: sign, tone }, plain(oneLine(run.drill)), plain(run.spec.replicationMode)];
  const found = gap(run);
  if (!found) return [...first, ...Array.from({ length: 9 }, () => plain(NONE))];
  const number = (value: number, bad: Tone = 'bad'): Cell => ({
    text: count(value),
    tone: value > 0 ? bad : 'plain',
  });
  // Zeros stay plain here: a line of green noughts would hide what is not one.
  const written = (value: number): Cell => {
    const figure = ofWrites(run, value, 0);
    return { text: figure.value, tone: figure.tone };
  };
  const { before, during } = workload.latencyMs;
  const length = `${found.ended ? '' : '≥ '}${seconds(found.ms)}`;
  return [
    ...first,
    { text: `${length} / ${roundSeconds(recovery.goalMs)}`, tone: gapTone(run, found) },
    number(workload.failed),
    { text: count(workload.refused), tone: refusedTone(workload.refused) },
    rpo(run) > 0 ? number(consistency.lost, 'notice') : written(consistency.lost),
    written(consistency.duplicated),
    written(consistency.unexpected),
    written(consistency.staleSessionReads),
    number(dualObservations(run)),
    plain(`${millis(before.p99)}→${millis(during.p99)}`),
  ];
}

function repeatLine(group: Group): string {
  const gaps = groupSpread(group, gapLength);
  const p99 = groupSpread(group, (run) => run.workload.latencyMs.during.p99);
  const parts = [
    gaps && `gap ${gapLengthText(gaps.median)} / ${gapLengthText(gaps.max)}`,
    p99 && `p99 ${millis(p99.median)} / ${millis(p99.max)} ms`,
  ];
  return `${groupName(group)}, ${group.measured.length} runs, median / worst: ${parts.filter(Boolean).join(', ')}`;
}
