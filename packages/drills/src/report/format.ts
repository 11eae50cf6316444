import { stripVTControlCharacters } from 'node:util';
import type { Mark, ReportFile, RunReport, Verdict } from './types.ts';

/** Stands for a figure that there is none of. */
export const NONE = '–';

export const VERDICTS: Record<Verdict, { sign: string; word: string }> = {
  pass: { sign: '✔', word: 'passed' },
  fail: { sign: '✘', word: 'failed' },
  skipped: { sign: '–', word: 'skipped' },
};

/** A whole number with its thousands apart. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 write`, `2 writes`. */
export function counted(value: number, singular: string, plural = `${singular}s`): string {
  return `${count(value)} ${value === 1 ? singular : plural}`;
}

/** Milliseconds as seconds with three digits. Infinity, a wait that did not end, reads `never`. */
export function seconds(ms: number): string {
  if (ms === Infinity) return 'never';
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

/** The longest pause in writes. A run without figures has none, one without any write after the fault never ended it. */
export function gap(run: RunReport): number | undefined {
  return run.verdict === 'skipped' ? undefined : (run.recovery.writeGapMs ?? Infinity);
}

export function dualObservations({ consistency }: RunReport): number {
  return consistency.dualPrimaryObservations + consistency.dualCacheObservations;
}

/** What the run lost by design: in async mode the standby may lack the last writes. */
export function rpo(run: RunReport): number {
  return run.spec.replicationMode === 'async' ? run.consistency.lost : 0;
}

export function tally(runs: readonly RunReport[]): string {
  const of = (verdict: Verdict) => runs.filter((run) => run.verdict === verdict).length;
  return `${of('pass')} passed, ${of('fail')} failed, ${of('skipped')} skipped`;
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
