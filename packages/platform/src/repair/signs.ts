import type { DamageCheck } from '@sbmcrm/engines';

/** A line of a service's log. */
export interface LogLine {
  /** Milliseconds since the epoch. */
  atMs: number;
  text: string;
}

/** A service that cannot start is started again every second or so: what was said earlier than this is history. */
const RECENT_MS = 30_000;

/** Parses what the supervisor writes: `2026-11-28_16:20:51.98007 text`, in UTC. Lines of another form are left out. Pure. */
export function parseLog(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => {
    const [, day, time, said] = /^(\d{4}-\d\d-\d\d)_(\d\d:\d\d:\d\d\.\d{3})\d* (.*)$/.exec(line) ?? [];
    return said === undefined ? [] : [{ atMs: Date.parse(`${day}T${time}Z`), text: said }];
  });
}

/**
 * What a log says of its service's data lately: the newest line that is a sign counts.
 *
 * @param now milliseconds since the epoch
 * @param sinceMs what was said before counts for nothing
 * @returns why they are of no use, and when that was said last; undefined: nothing is known of any damage. Pure
 */
export function damageIn(
  lines: readonly LogLine[],
  { signs }: Pick<DamageCheck, 'signs'>,
  now: number,
  sinceMs = Number.NEGATIVE_INFINITY,
): { reason: string; atMs: number } | undefined {
  for (const { atMs, text } of [...lines].reverse()) {
    if (atMs < Math.max(now - RECENT_MS, sinceMs)) return undefined;
    for (const { line, reason } of signs) {
      const match = line.exec(text);
      if (!match) continue;
      return reason === null ? undefined : { reason: reason.replace('$1', match[1]?.trim() ?? ''), atMs };
    }
  }
  return undefined;
}
