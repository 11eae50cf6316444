import {
  count,
  counted,
  cut,
  dualObservations,
  gap,
  inOrder,
  oneLine,
  roundSeconds,
  rpo,
  seconds,
  tally,
  VERDICTS,
  wrap,
} from './format.ts';
import { type Paint, painter } from './paint.ts';
import { writesSparkline } from './sparkline.ts';
import type { ReportFile, RunReport } from './types.ts';

const WIDTH = 80;
const INDENT = '  ';
const SPARKLINE = 60;

/** What the demonstration did and what came out, in plain words, on one screen of 24 lines and 80 columns. */
export function verdictPage(file: ReportFile, options: { color: boolean } = { color: false }): string {
  const paint = painter(options.color);
  const shown = oneOfEachMode(file.runs);
  const hidden = file.runs.length - shown.length;
  const modes = shown.map((run) => (run.spec.replicationMode === 'async' ? 'once async' : 'once sync'));
  const title = shown[0]?.title ?? 'Nothing was run';
  return [
    ...limited(wrap(`${title} – under load, ${modes.join(', ')}.`, WIDTH), 2).map((line) => paint('bold', line)),
    ...shown.flatMap((run) => ['', ...block(run, paint)]),
    '',
    `${tally(file.runs)}${hidden > 0 ? `; ${counted(hidden, 'more run')} in the report` : ''}`,
  ].join('\n');
}

/** Of several runs in a mode the one that failed. */
function oneOfEachMode(runs: readonly RunReport[]): RunReport[] {
  const byMode = [...Map.groupBy(runs, (run) => run.spec.replicationMode).values()];
  return byMode
    .map(
      (all) => all.find(({ verdict }) => verdict === 'fail') ?? all.find(({ verdict }) => verdict === 'pass') ?? all[0],
    )
    .filter((run) => run !== undefined);
}

/** At most nine lines. */
function block(run: RunReport, paint: Paint): string[] {
  const { sign, word } = VERDICTS[run.verdict];
  const tone = ({ pass: 'good', fail: 'bad', skipped: 'plain' } as const)[run.verdict];
  const mode = run.spec.replicationMode === 'async' ? 'Asynchronous replication' : 'Synchronous replication';
  const head = `${paint(tone, `${sign} ${mode}: ${word}`)}`;
  const why = limited(wrap(run.reason ?? '', WIDTH - INDENT.length), 2).map((line) => paint(tone, line));
  const lines = run.verdict === 'skipped' ? why : [...why, ...sparkline(run, paint), ...sentences(run, paint)];
  return [head, ...lines.map((line) => INDENT + line)];
}

function sparkline(run: RunReport, paint: Paint): string[] {
  if (run.series.writes.length === 0) return [];
  const line = writesSparkline(run.series, SPARKLINE);
  const marks = inOrder(run.marks);
  const fault = marks.find(({ kind }) => kind === 'fault');
  const heal = marks.find(({ kind }) => kind === 'heal');
  const drawn = `${line.text} ${count(Math.round(line.usual))} writes/s`;
  if (!fault) return [drawn];
  const below = pointer(
    line.columnOf(fault.atMs),
    `▲ ${oneLine(fault.label)}, ${Math.round(fault.atMs / 1000)} s`,
    heal && line.columnOf(heal.atMs),
  );
  return [drawn, paint('notice', below)];
}

/** A note below a column, to its left where the line would be too long, and a sign below the heal if it has room. */
function pointer(column: number, note: string, healColumn: number | undefined): string {
  const room = WIDTH - INDENT.length;
  const text = cut(note, room);
  const start = Math.min(column, room - text.length);
  const line = `${' '.repeat(start)}${text}`;
  const heal = '△ healed';
  if (healColumn === undefined || healColumn < line.length + 2 || healColumn + heal.length > room) return line;
  return line.padEnd(healColumn) + heal;
}

/** At most five lines, each shorter than the page is wide. */
function sentences(run: RunReport, paint: Paint): string[] {
  const { consistency: found, recovery, workload } = run;
  const gapMs = gap(run) ?? Infinity;
  const goal = roundSeconds(recovery.goalMs);
  const by = rpo(run);
  const kept =
    by > 0
      ? paint('notice', `RPO: ${counted(by, 'acknowledged write')} lost (async), of ${count(found.acknowledged)}.`)
      : found.lost > 0
        ? paint('bad', `${counted(found.lost, 'acknowledged write')} lost, of ${count(found.acknowledged)}.`)
        : `No acknowledged write was lost, of ${count(found.acknowledged)}.`;
  const pause =
    gapMs === Infinity
      ? paint('bad', `No write was acknowledged after the fault (goal: within ${goal}).`)
      : gapMs <= recovery.goalMs
        ? `Writes paused for ${seconds(gapMs)} (goal: at most ${goal}).`
        : paint('bad', `Writes paused for ${seconds(gapMs)}, longer than the goal of ${goal}.`);
  const requests =
    workload.failed === 0
      ? `None of ${counted(workload.sent, 'request')} failed; those in the pause waited.`
      : paint('bad', `${count(workload.failed)} of ${counted(workload.sent, 'request')} failed.`);
  return [kept, pause, requests, damage(run, paint)];
}

function damage(run: RunReport, paint: Paint): string {
  const { consistency: found } = run;
  const kinds = [
    [found.duplicated, 'applied twice'],
    [found.unexpected, 'unexpected'],
    [found.staleSessionReads, 'stale'],
    [dualObservations(run), 'by a second primary'],
    [found.negativeBalances + found.balanceMismatches, 'wrong balance'],
  ] as const;
  const bad = kinds.filter(([value]) => value > 0).map(([value, name]) => `${count(value)} ${name}`);
  if (bad.length > 0) return paint('bad', cut(`Damage: ${bad.join(', ')}.`, WIDTH - INDENT.length));
  return 'Nothing twice, nothing unexpected, no stale read, no second primary seen.';
}

function limited(lines: readonly string[], limit: number): string[] {
  if (lines.length <= limit) return [...lines];
  return [...lines.slice(0, limit - 1), `${cut(lines[limit - 1] ?? '', WIDTH - INDENT.length - 2)} …`];
}
