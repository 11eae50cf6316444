import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { userInfo } from 'node:os';
import { rotate } from './machine/files.ts';
import type { StatePaths } from './state.ts';

export const EVENT_KINDS = ['alert', 'command', 'fault', 'fence', 'hook', 'role', 'scale', 'task'] as const;

/** Something that happened to a platform, as its log keeps it: one line of JSON each. */
export interface PlatformEvent {
  /** ISO 8601. */
  at: string;
  /** `alert`: began or ended; `command`: somebody ran one; `fault`: injected or cleared; `fence`: done or lifted; `hook`: it failed; `role`: it moved; `scale`: an instance came or went; `task`: its time came. */
  kind: (typeof EVENT_KINDS)[number];
  /** In one line. */
  text: string;
  /** Who or what decided it. */
  by: string;
  /** Of an alert whether it began or ended, of a command whether it did what it should. */
  state?: 'firing' | 'resolved' | 'done' | 'failed';
  severity?: 'critical' | 'warning';
  /** Of an alert. */
  name?: string;
  host?: string;
  zone?: string;
  /** Tells an alert's beginning and end from those of others. */
  key?: string;
}

/** Past this the log begins anew, and the one before is kept: years of a quiet platform. */
const MOST_BYTES = 10_000_000;

/** Adds a line, in one write: several processes do so. Nothing where the platform's folder was deleted: `up` finds an empty one. */
export function appendEvent(paths: Pick<StatePaths, 'events' | 'platform'>, event: Omit<PlatformEvent, 'at'>): void {
  if (!existsSync(paths.platform)) return;
  rotate(paths.events, MOST_BYTES);
  const whole = { at: new Date().toISOString(), ...event };
  // The line before may have been cut off, by a full disk.
  const start = endsWhole(paths.events) ? '' : '\n';
  appendFileSync(paths.events, `${start}${JSON.stringify(whole)}\n`, { mode: 0o600 });
}

function endsWhole(path: string): boolean {
  if (!existsSync(path)) return true;
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    return size === 0 || (readSync(file, last, 0, 1, size - 1) === 1 && last[0] === 0x0a);
  } finally {
    closeSync(file);
  }
}

/** All that is kept, oldest first. A line that was cut off, by a full disk, is passed over. */
export function readEvents(paths: Pick<StatePaths, 'events'>): PlatformEvent[] {
  return [`${paths.events}.1`, paths.events]
    .filter((path) => existsSync(path))
    .flatMap((path) => parseEvents(readFileSync(path, 'utf8')));
}

/** Lines of the log. Pure. */
export function parseEvents(text: string): PlatformEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      const event = JSON.parse(line) as PlatformEvent;
      return typeof event?.at === 'string' && typeof event.text === 'string' ? [event] : [];
    } catch {
      return [];
    }
  });
}

/** Who runs this command, also through sudo. */
export function operator(): string {
  if (process.env.SBMCRM_OPERATOR) return process.env.SBMCRM_OPERATOR;
  if (process.env.SUDO_USER) return process.env.SUDO_USER;
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`; // one without a name
  }
}
