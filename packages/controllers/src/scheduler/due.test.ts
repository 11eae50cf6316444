import { describe, expect, it } from 'vitest';
import { dueTasks, handledUpTo, type Known, parseKnown, type Task } from './due.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Daily at this hour. */
const daily = (hour: number, name = 'drill'): Task => ({
  name,
  when: `daily ${hour}`,
  times: { latest: (now) => Math.floor((now - hour * HOUR) / DAY) * DAY + hour * HOUR },
});
const upTo = (upToMs: number, when = 'daily 4'): Known => ({ drill: { when, upToMs } });

describe('a task', () => {
  it.each([
    ['is not due before its time', upTo(4 * HOUR), DAY + 3 * HOUR, []],
    ['is due from its time on', upTo(4 * HOUR), DAY + 4 * HOUR, [DAY + 4 * HOUR]],
    ['is due once after some days without anybody', upTo(4 * HOUR), 9 * DAY + 5 * HOUR, [9 * DAY + 4 * HOUR]],
    ['is not due again', upTo(DAY + 4 * HOUR), DAY + 5 * HOUR, []],
    ['is not due again when the clock goes back', upTo(DAY + 4 * HOUR), DAY + 3 * HOUR, []],
  ])('%s', (_what, known, now, due) => {
    expect(dueTasks([daily(4)], known, now).due.map(({ dueMs }) => dueMs)).toEqual(due);
  });

  it('missed nothing before it was known, or had other times', () => {
    for (const known of [{}, upTo(4 * HOUR, 'daily 2')]) {
      const seen = dueTasks([daily(4)], known, 9 * DAY + 5 * HOUR);
      expect(seen).toEqual({ due: [], known: upTo(9 * DAY + 5 * HOUR) });
    }
  });

  it('is due again some time after a clock that was ahead by months', () => {
    const { known } = dueTasks([daily(4)], upTo(90 * DAY), 5 * HOUR);
    expect(dueTasks([daily(4)], known, DAY + 4 * HOUR).due).toHaveLength(1);
  });

  it('is forgotten with its entry', () => {
    expect(dueTasks([], upTo(1), DAY).known).toEqual({});
  });
});

it('keeps up to when each was dealt with', () => {
  expect(handledUpTo(upTo(1), 'drill', 2)).toEqual(upTo(2));
  expect(handledUpTo({}, 'drill', 2)).toEqual({});
});

it.each([
  [undefined, {}],
  ['{', {}],
  ['[1]', {}],
  ['null', {}],
  ['{"a":{"when":1,"upToMs":2},"drill":{"when":"daily 4","upToMs":7}}', upTo(7)],
])('reads %s', (text, known) => {
  expect(parseKnown(text)).toEqual(known);
});
