import { stripVTControlCharacters } from 'node:util';
import type { Mark, ReportFile, RunReport, Verdict } from './types.ts';

/** Stands for a figure that there is none of. */
export const NONE = '–';

/** Stands for a figure that nobody knows: never to be taken for 0. */
export const UNKNOWN = '?';

/** `notice`: to be known, but no failure. */
export type Tone = 'good' | 'bad' | 'notice' | 'plain';

export const VERDICTS: Record<Verdict, { sign: string; word: string; tone: Tone }> = {
  pass: { sign: '✔', word: 'passed', tone: 'good' },
  fail: { sign: '✘', word: 'failed', tone: 'bad' },
  void: { sign: '◌', word: 'void', tone: 'notice' },
  skipped: { sign: '–', word: 'skipped', tone: 'plain' },
};

/** A whole number with its thousands apart. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 write`, `2 writes`. */
export function counted(value: number, singular: string, plural = `${singular}s`): string {
  return `${count(value)} ${value === 1 ? singular : plural}`;
}

/** Milliseconds as seconds with three digits. */
export function seconds(ms: number): string {
  const value = ms / 1000;
  return `${value.toFixed(Math.abs(value) < 10 ? 2 : 1)} s`;
}

/** Milliseconds as seconds without trailing zeros, for round values such as a goal. */
export function roundSeconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(2))} s`;
}

/** Milliseconds without a unit; null, no request, reads as a dash. */
export function millis(ms: number | null): string {
  if (ms === null) return NONE;
  return ms < 10 ? ms.toFixed(1) : count(Math.round(ms));
}

export interface Gap {
  ms: number;
  /** False: writes were still away when the load ended, so that `ms` is the least that it was. */
  ended: boolean;
}

/** The longest pause in writes; a skipped run has none. */
export function gap({ verdict, recovery: { writeGapMs, writeGapEnded } }: RunReport): Gap | undefined {
  if (verdict === 'skipped' || writeGapMs === null) return undefined;
  return { ms: writeGapMs, ended: writeGapEnded };
}

export function gapText({ ms, ended }: Gap): string {
  return ended ? seconds(ms) : `≥ ${seconds(ms)}, did not end`;
}

/** The pause as a number for medians and maxima: one that did not end is longer than any other. */
export function gapLength(run: RunReport): number | undefined {
  const found = gap(run);
  return found && (found.ended ? found.ms : Infinity);
}

/** The counterpart of {@link gapLength}. */
export function gapLengthText(ms: number): string {
  return ms === Infinity ? 'did not end' : seconds(ms);
}

export function dualObservations({ consistency }: RunReport): number {
  return consistency.dualPrimaryObservations + consistency.dualCacheObservations;
}

/** Acknowledged writes that the run lost by design: in async mode the standby may lack the last ones, within its lag. */
export function rpo({ spec, consistency: { checked, lost, lostBeyondLag } }: RunReport): number {
  return spec.replicationMode === 'async' && checked && lostBeyondLag === 0 ? lost : 0;
}

/** Part of a whole in percent; a dash where there is no whole. */
export function share(part: number, whole: number): string {
  return whole > 0 ? `${((part / whole) * 100).toFixed(part === whole ? 0 : 2)} %` : NONE;
}

export function tally(runs: readonly RunReport[]): string {
  const verdicts = ['pass', 'fail', 'void', 'skipped'] as const;
  const of = (verdict: Verdict) => runs.filter((run) => run.verdict === verdict).length;
  return verdicts.map((verdict) => `${of(verdict)} ${VERDICTS[verdict].word}`).join(', ');
}

/** Keys of the spec that were changed for the run, but the mode, which is named anyway. */
export function otherSettings({ spec }: RunReport): string {
  return Object.entries(spec.set)
    .filter(([key]) => key !== 'database.replicationMode')
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

export function machineText({ cores, cpu, memoryGb, kernel }: ReportFile['machine']): string {
  return `${counted(cores, 'core')} (${cpu}), ${Number(memoryGb.toFixed(1))} GB, ${kernel}`;
}

/** A time to the second, in UTC; what is no time is left as it is. */
export function when(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Marks in the order of time, as they are numbered in charts and lists. */
export function inOrder(marks: readonly Mark[]): Mark[] {
  return [...marks].sort((x, y) => x.atMs - y.atMs);
}

/** Text from anywhere as one line without control characters: what a server said must not steer the terminal. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Breaks a text between words into lines of at most `width` columns; a longer word is broken too. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of oneLine(text).split(' ')) {
    let rest = word;
    if (line && line.length + 1 + rest.length <= width) {
      line += ` ${rest}`;
      continue;
    }
    if (line) lines.push(line);
    for (; rest.length > width; rest = rest.slice(width)) lines.push(rest.slice(0, width));
    line = rest;
  }
  return line ? [...lines, line] : lines;
}
