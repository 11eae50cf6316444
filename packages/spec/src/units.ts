/**
 * The units of the spec: durations, sizes, percentages and times of day, each as text ↔ number.
 *
 * All parsers throw a `RangeError` whose message is one line without the place; callers add it.
 */

const DURATION_UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** Powers of 1024, as Redis (`8gb`) and PostgreSQL (`8GB`) count them. */
const SIZE_UNITS = { TB: 1024 ** 4, GB: 1024 ** 3, MB: 1024 ** 2, KB: 1024 } as const;

export const DURATION_PATTERN = /^\d+(ms|s|m|h|d)$/;
export const SIZE_PATTERN = /^\d+(KB|MB|GB|TB)$/;
export const PERCENT_PATTERN = /^\d+(\.\d{1,2})?%$/;
export const TIME_OF_DAY_PATTERN = /^([01]\d|2[0-3]):[0-5]\d$/;

/** `"30s"` → 30000 (milliseconds). Units: ms, s, m, h, d (24 h). */
export function parseDuration(text: string): number {
  return parseWithUnit(text, DURATION_UNITS, 'a duration: a whole number with ms, s, m, h or d, such as 30s');
}

/** 30000 (milliseconds) → `"30s"`: the largest unit that gives a whole number. */
export function formatDuration(milliseconds: number): string {
  return milliseconds === 0 ? '0s' : formatWithUnit(milliseconds, DURATION_UNITS, 'duration');
}

/** `"8GB"` → 8589934592 (bytes). 1 KB is 1024 bytes, as Redis and PostgreSQL count. */
export function parseSize(text: string): number {
  return parseWithUnit(text, SIZE_UNITS, 'a size: a whole number with KB, MB, GB or TB, such as 8GB');
}

/** 8589934592 (bytes) → `"8GB"`. Throws for what is no whole number of KB: the spec has no smaller unit. */
export function formatSize(bytes: number): string {
  return bytes === 0 ? '0KB' : formatWithUnit(bytes, SIZE_UNITS, 'size');
}

/** `"70%"` → 70. At most two decimals, 0 to 100. */
export function parsePercent(text: string): number {
  const percent = PERCENT_PATTERN.test(text) ? Number(text.slice(0, -1)) : Number.NaN;
  if (!(percent <= 100))
    throw new RangeError(`${JSON.stringify(text)} is not a percentage from 0% to 100%, such as 70%`);
  return percent;
}

/** 70 → `"70%"`, rounded to two decimals. */
export function formatPercent(percent: number): string {
  if (!(percent >= 0 && percent <= 100)) throw new RangeError(`${percent} is not a percentage from 0 to 100`);
  return `${Math.round(percent * 100) / 100}%`;
}

/** `"02:00"` → 120 (minutes after midnight). */
export function parseTimeOfDay(text: string): number {
  if (!TIME_OF_DAY_PATTERN.test(text)) {
    throw new RangeError(`${JSON.stringify(text)} is not a time of day from 00:00 to 23:59, such as "02:00"`);
  }
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
}

/** 120 (minutes after midnight) → `"02:00"`. */
export function formatTimeOfDay(minutes: number): string {
  if (!Number.isInteger(minutes) || minutes < 0 || minutes >= 24 * 60) {
    throw new RangeError(`${minutes} is not a minute of the day from 0 to 1439`);
  }
  const twoDigits = (number: number) => String(number).padStart(2, '0');
  return `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

function parseWithUnit(text: string, units: Record<string, number>, what: string): number {
  const [, digits, unit] = /^(\d+)([A-Za-z]+)$/.exec(text) ?? [];
  const factor = unit !== undefined && Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (digits === undefined || factor === undefined) throw new RangeError(`${JSON.stringify(text)} is not ${what}`);
  const value = Number(digits) * factor;
  if (!Number.isSafeInteger(value)) throw new RangeError(`${JSON.stringify(text)} is too large`);
  return value;
}

function formatWithUnit(value: number, units: Record<string, number>, kind: string): string {
  const found = Object.entries(units).find(([, factor]) => value % factor === 0);
  if (!found || !Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${value} cannot be written as a ${kind}`);
  return `${value / found[1]}${found[0]}`;
}
