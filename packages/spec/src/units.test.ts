import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatPercent,
  formatSize,
  formatTimeOfDay,
  parseDuration,
  parsePercent,
  parseSize,
  parseTimeOfDay,
} from './units.ts';

/** Whole numbers of every magnitude, the same in every run (a linear congruential generator). */
function* samples(count: number, largest: number): Generator<number> {
  let state = 20_240_229;
  for (let index = 0; index < count; index++) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield Math.floor(largest ** (state / 2 ** 31));
  }
}

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['90d', 7_776_000_000],
    ['0s', 0],
    ['007s', 7000],
  ])('%s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '30', 's', '30 s', '-30s', '1.5h', '30S', '30sec', '1h30m', '٣s', '5constructor', '1e3s'])(
    'refuses %j',
    (text) => {
      expect(() => parseDuration(text)).toThrow(`${JSON.stringify(text)} is not a duration`);
    },
  );

  it('refuses what no number holds', () => {
    expect(() => parseDuration('99999999999999d')).toThrow('"99999999999999d" is too large');
  });

  it('reads back what it writes, in the largest unit that fits', () => {
    for (const milliseconds of samples(2000, 1e14))
      expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
    expect([300_000, 90_000, 1500, 86_400_000, 0].map(formatDuration)).toEqual(['5m', '90s', '1500ms', '1d', '0s']);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('cannot write %s', (value) => {
    expect(() => formatDuration(value)).toThrow(RangeError);
  });
});

describe('sizes', () => {
  it.each([
    ['8GB', 8 * 1024 ** 3],
    ['512MB', 512 * 1024 ** 2],
    ['1KB', 1024],
    ['2TB', 2 * 1024 ** 4],
  ])('%s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['8', '8gb', '8 GB', '8GiB', '-1GB', '1.5GB', '100B'])('refuses %j', (text) => {
    expect(() => parseSize(text)).toThrow('is not a size');
  });

  it('reads back what it writes', () => {
    for (const kilobytes of samples(2000, 1e11)) expect(parseSize(formatSize(kilobytes * 1024))).toBe(kilobytes * 1024);
    expect([8 * 1024 ** 3, 1536 * 1024 ** 2, 0].map(formatSize)).toEqual(['8GB', '1536MB', '0KB']);
  });

  it('cannot write parts of a kilobyte', () => {
    expect(() => formatSize(1000)).toThrow('1000 cannot be written as a size');
  });
});

describe('percentages', () => {
  it.each([
    ['70%', 70],
    ['0%', 0],
    ['100%', 100],
    ['0.5%', 0.5],
    ['12.34%', 12.34],
  ])('%s', (text, percent) => {
    expect(parsePercent(text)).toBe(percent);
  });

  it.each(['70', '70 %', '-1%', '100.01%', '101%', '1.234%', '.5%', '%', '1e1%'])('refuses %j', (text) => {
    expect(() => parsePercent(text)).toThrow('is not a percentage from 0% to 100%');
  });

  it('reads back what it writes', () => {
    for (let hundredths = 0; hundredths <= 10_000; hundredths++) {
      expect(parsePercent(formatPercent(hundredths / 100))).toBe(hundredths / 100);
    }
  });

  it.each([-1, 100.1, Number.NaN])('cannot write %s', (value) => {
    expect(() => formatPercent(value)).toThrow(RangeError);
  });
});

describe('times of day', () => {
  it('reads back what it writes, every minute of the day', () => {
    for (let minute = 0; minute < 1440; minute++) expect(parseTimeOfDay(formatTimeOfDay(minute))).toBe(minute);
    expect(parseTimeOfDay('02:00')).toBe(120);
  });

  it.each(['2:00', '24:00', '12:60', '02:00:00', '0200', ''])('refuses %j', (text) => {
    expect(() => parseTimeOfDay(text)).toThrow('is not a time of day');
  });

  it.each([-1, 1440, 0.5])('cannot write %s', (value) => {
    expect(() => formatTimeOfDay(value)).toThrow(RangeError);
  });
});
