import {
  count,
  counted,
  cut,
  dualObservations,
  gap,
  gapText,
  inOrder,
  oneLine,
  roundSeconds,
  rpo,
  seconds,
  tally,
  VERDICTS,
  wrap,
} from '../format.ts';
import { unfinished } from '../load-text.ts';
import type { ReportFile, RunReport } from '../types.ts';
import { type Paint, painter } from './paint.ts';
import { writesSparkline } from './sparkline.ts';

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
  const hiddenText = hidden > 0 ? `${counted(hidden, 'more run')} in the report` : undefined;
  return [
    ...limited(wrap(`${title} – under load, ${modes.join(', ')}.`, WIDTH), 2).map((line) => paint('bold', line)),
    ...shown.flatMap((run) => ['', ...block(run, paint)]),
    '',
    cut([tally(file.runs), unfinished(file), hiddenText].filter(Boolean).join('; '), WIDTH),
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
  const { sign, word, tone } = VERDICTS[run.verdict];
  const mode = run.spec.replicationMode === 'async' ? 'Asynchronous replication' : 'Synchronous replication';
  const head = `${paint(tone, `${sign} ${mode}: ${word}`)}`;
  const why = limited(wrap(run.reason ?? '', WIDTH - INDENT.length), 2).map((line) => paint(tone, line));
  // A void run shows neither one nor the other, so no sentence says what came out.
  const said = { pass: sentences, fail: sentences, void: () => [], skipped: () => [] }[run.verdict];
  const lines = [...why, ...(run.verdict === 'skipped' ? [] : sparkline(run, paint)), ...said(run, paint)];
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

/** Four lines, each shorter than the page is wide. */
function sentences(run: RunReport, paint: Paint): string[] {
  return [kept(run, paint), pause(run, paint), requests(run, paint), damage(run, paint)];
}

function kept(run: RunReport, paint: Paint): string {
  const { acknowledged, checked, lost, lostBeyondLag, lagBoundMs } = run.consistency;
  if (!checked) return paint('notice', 'Not known whether writes were lost: the ledgers could not be read.');
  const of = `of ${count(acknowledged)}`;
  if (lost === 0) return `No acknowledged write was lost, ${of}.`;
  const what = `${counted(lost, 'acknowledged write')} lost`;
  const lag = `${seconds(lagBoundMs)} lag`;
  if (rpo(run) > 0) return paint('notice', `RPO: ${what} (async, at most ${lag}), ${of}.`);
  const beyond = run.spec.replicationMode === 'async' ? `, ${count(lostBeyondLag)} beyond ${lag}` : '';
  return paint('bad', `${what}${beyond}, ${of}.`);
}

function pause(run: RunReport, paint: Paint): string {
  const found = gap(run);
  const goal = roundSeconds(run.recovery.goalMs);
  if (!found) return `The pause in writes is not known (goal: at most ${goal}).`;
  if (!found.ended) return paint('bad', `Pause in writes: ${gapText(found)} (goal: at most ${goal}).`);
  return found.ms <= run.recovery.goalMs
    ? `Writes paused for ${seconds(found.ms)} (goal: at most ${goal}).`
    : paint('bad', `Writes paused for ${seconds(found.ms)}, longer than the goal of ${goal}.`);
}

function requests({ workload: { sent, failed, refused } }: RunReport, paint: Paint): string {
  const of = counted(sent, 'request');
  const early = refused > 0 ? `; ${count(refused)} refused early` : '';
  if (failed > 0) return paint('bad', `${count(failed)} of ${of} failed${early}.`);
  if (refused > 0) return paint('notice', `None of ${of} failed${early}.`);
  return `None of ${of} failed; those in the pause waited.`;
}

function damage(run: RunReport, paint: Paint): string {
  const { consistency: found } = run;
  const ofWrites = [
    [found.duplicated, 'applied twice'],
    [found.unexpected, 'unexpected'],
    [found.staleSessionReads, 'stale'],
    [found.negativeBalances + found.balanceMismatches + found.wrongBalances, 'wrong balance'],
    [found.outOfOrder, 'out of order'],
    [found.wrongRefusals, 'wrongly refused'],
  ] as const;
  const seen = [[dualObservations(run), 'by a second primary'], ...(found.checked ? ofWrites : [])] as const;
  const bad = seen.filter(([value]) => value > 0).map(([value, name]) => `${count(value)} ${name}`);
  if (bad.length > 0) return paint('bad', cut(`Damage: ${bad.join(', ')}.`, WIDTH - INDENT.length));
  if (!found.checked) return 'No second primary seen.';
  return 'Nothing twice, nothing unexpected, no stale read, no second primary seen.';
}

function limited(lines: readonly string[], limit: number): string[] {
  if (lines.length <= limit) return [...lines];
  return [...lines.slice(0, limit - 1), `${cut(lines[limit - 1] ?? '', WIDTH - INDENT.length - 2)} …`];
}
