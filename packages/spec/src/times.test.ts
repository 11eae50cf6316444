import { expect, it } from 'vitest';
import { timesOf } from './times.ts';

const at = (iso: string | undefined) => (iso === undefined ? undefined : Date.parse(iso));

it('is in its time zone, the moment itself included', () => {
  const sundays = timesOf('0 4 * * 0', 'Asia/Singapore');
  expect(sundays.next(Date.parse('2026-11-28T20:00:00Z'))).toBe(at('2026-12-05T20:00:00Z'));
  expect(sundays.latest(Date.parse('2026-11-28T20:00:00Z'))).toBe(at('2026-11-28T20:00:00Z'));
  expect(sundays.latest(Date.parse('2026-11-28T19:59:59.999Z'))).toBe(at('2026-11-21T20:00:00Z'));
});

it.each([
  ['that spring leaves out is made up for', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00Z'],
  ['that autumn repeats counts once', '2026-10-24T12:00:00Z', '2026-10-25T00:30:00Z'],
])('an hour %s', (_what, before, next) => {
  // Lists of hours, too.
  for (const text of ['30 2 * * *', '30 2,23 * * *']) {
    const daily = timesOf(text, 'Europe/Berlin');
    expect(daily.next(Date.parse(before) + (text.includes(',') ? 11 * 3_600_000 : 0))).toBe(at(next));
    const hoursLater = Date.parse(next) + 9 * 3_600_000;
    expect(daily.latest(hoursLater)).toBe(at(next));
  }
});

it.each(['', 'x', '60 4 * * *', '0 0 4 * * *', '0 4 * *'])('is not what nobody writes: %s', (text) => {
  expect(() => timesOf(text, 'UTC')).toThrow();
});
