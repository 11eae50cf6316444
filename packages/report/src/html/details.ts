import { consistencyFigures, type Figure } from '../figures.ts';
import { type Tone, VERDICTS, wrap } from '../format.ts';
import { recoveryFigures } from '../recovery.ts';
import type { Consistency, RunReport } from '../types.ts';
import type { Paint } from './paint.ts';

const INDENT = '    ';
/** Figures that stand in the run's line. */
const IN_LINE: (keyof Consistency)[] = [
  'lost',
  'duplicated',
  'unexpected',
  'staleSessionReads',
  'dualPrimaryObservations',
  'dualCacheObservations',
];

/** What must be known of a run beside the figures of its line, each in lines of at most `width` columns. */
export function details(run: RunReport, width: number, paint: Paint): string[] {
  const lines = (tone: Tone, text: string) =>
    wrap(text, width - INDENT.length).map((line) => INDENT + paint(tone, line));
  const figure = ({ name, value, meaning }: Figure) => lines('bad', `${name}: ${value} (${meaning})`);
  const tone = run.verdict === 'pass' ? 'plain' : VERDICTS[run.verdict].tone;
  const watched = unanswered(run);
  return [
    ...(run.reason ? lines(tone, run.reason) : []),
    ...run.steps
      .filter(({ ok }) => !ok)
      .flatMap((step) => lines('bad', `✘ ${step.name}: expected ${step.expected}; observed ${step.observed}`)),
    ...(run.verdict === 'skipped' ? [] : [...badRecovery(run), ...badConsistency(run)].flatMap(figure)),
    ...(run.verdict === 'skipped' || run.consistency.checked
      ? []
      : lines('notice', 'The ledgers could not be read: nothing is known of writes (?).')),
    ...run.consistency.findings.flatMap((finding) => lines(tone, `- ${finding}`)),
    ...(watched ? lines('notice', watched) : []),
  ];
}

/** A gap that ended is in the run's line already, with its goal. */
function badRecovery(run: RunReport): Figure[] {
  return recoveryFigures(run).filter(
    ({ key, tone }) => tone === 'bad' && (key !== 'writeGapMs' || !run.recovery.writeGapEnded),
  );
}

function badConsistency(run: RunReport): Figure[] {
  return consistencyFigures(run).filter(({ key, tone }) => tone === 'bad' && !IN_LINE.some((shown) => shown === key));
}

/** Servers that did not always answer: where a run passed, that was of no account. */
function unanswered({ verdict, watched }: RunReport): string | undefined {
  const silent = watched.filter(({ errors }) => errors > 0);
  if (verdict === 'pass' || silent.length === 0) return undefined;
  const each = silent.map(({ host, samples, errors }) => `${host} ${errors} of ${samples + errors} times`);
  return `No answer when asked for writes: ${each.join(', ')}`;
}
