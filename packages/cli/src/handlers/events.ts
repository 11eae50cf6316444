import { statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { EVENT_KINDS, type PlatformEvent, readEvents } from '@sbmcrm/local/events';
import type { Command } from 'commander';
import { cloudOf } from '../context.ts';
import { durationOption } from '../durations.ts';
import { UsageError } from '../exit.ts';
import { globalOptions } from '../options.ts';
import { table } from '../text/table.ts';

const BOUNDS_MS = [60_000, 365 * 24 * 3_600_000] as const;
const LOOK_MS = 500;

/** Needs no spec, nor a platform that is up. */
export async function runEvents(
  options: { since: string; kind?: string; follow: boolean },
  command: Command,
): Promise<void> {
  const sinceMs = Date.now() - durationOption('--since', options.since, BOUNDS_MS);
  const kinds = kindsOf(options.kind);
  const { paths } = cloudOf(command);
  const isWanted = (event: PlatformEvent) => kinds === undefined || kinds.includes(event.kind);
  const all = readEvents(paths);
  const first = all.filter((event) => Date.parse(event.at) >= sinceMs && isWanted(event));
  const json = globalOptions(command).json === true;
  if (!options.follow) {
    console.log(json ? JSON.stringify(first.map(shown)) : eventsText(first, options.since));
    return;
  }
  const say = (events: readonly PlatformEvent[]) => {
    for (const event of events) console.log(json ? JSON.stringify(shown(event)) : lineOf(event));
  };
  say(first);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  let seen = all.length;
  let changed = changedAt(paths.events);
  while (!stop.signal.aborted) {
    await setTimeout(LOOK_MS, undefined, { signal: stop.signal }).catch(() => {});
    if (changedAt(paths.events) === changed) continue;
    changed = changedAt(paths.events);
    const now = readEvents(paths);
    // The log began anew: the oldest are gone.
    if (now.length < seen) seen = Math.max(0, now.length - 1);
    say(now.slice(seen).filter(isWanted));
    seen = now.length;
  }
}

const changedAt = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs;

function kindsOf(text: string | undefined): string[] | undefined {
  const kinds = text?.split(',').map((kind) => kind.trim());
  const unknown = kinds?.find((kind) => !EVENT_KINDS.includes(kind as PlatformEvent['kind']));
  if (unknown !== undefined)
    throw new UsageError(`--kind: there is no "${unknown}" (there are: ${EVENT_KINDS.join(', ')})`);
  return kinds;
}

const shown = ({ key: _key, ...event }: PlatformEvent) => event;

const time = ({ at }: PlatformEvent) => at.slice(0, 19).replace('T', ' ');
const what = ({ kind, name, state }: PlatformEvent) => [name ?? kind, state ?? ''].join(' ').trim();
const about = ({ text, host, zone }: PlatformEvent) => {
  const place = host ?? (zone === undefined ? undefined : `zone ${zone}`);
  return place === undefined || text.includes(place) ? text : `${text} (${place})`;
};
const lineOf = (event: PlatformEvent) => `${time(event)}  ${what(event)}  ${about(event)}  by ${event.by}`;

/** Pure. */
export function eventsText(events: readonly PlatformEvent[], since: string): string {
  if (events.length === 0) return `nothing happened in the last ${since}`;
  const rows = events.map((event) => [time(event), what(event), event.by, about(event)]);
  return table([['UTC', 'WHAT', 'BY', ''], ...rows]);
}
