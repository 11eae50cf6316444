import type { TaskStatus } from '@sbmcrm/cloud';
import { parseSpec } from '@sbmcrm/spec';
import { expect, it } from 'vitest';
import { listedTasks, scheduleText } from './handlers/schedule.ts';

const { drills } = parseSpec(
  'drills: { timezone: Asia/Singapore, schedule: [{ drill: a, at: "0 4 * * 0" }, { drill: b, at: "30 2 * * *" }] }\n',
  'test.yaml',
);
const RUN: TaskStatus = {
  ...{ name: 'a', due: '2026-11-21T20:00:00.000Z', startedAt: '2026-11-21T20:00:03.000Z' },
  ...{ endedAt: '2026-11-21T20:02:00.000Z', state: 'failed', text: 'a write was lost (report.html)' },
};

it('lists when each task runs next, in UTC, and what came of it last', () => {
  const tasks = listedTasks(drills, [RUN], Date.parse('2026-11-28T19:59:00Z'));
  expect(tasks.map(({ name, next, last }) => [name, next, last])).toEqual([
    ['a', '2026-11-28T20:00:00.000Z', RUN],
    ['b', '2026-11-29T18:30:00.000Z', null],
  ]);
  expect(scheduleText(tasks).split('\n').slice(1)).toEqual([
    'a     0 4 * * 0 (Asia/Singapore)   2026-11-28 20:00  2026-11-21 20:00  failed: a write was lost (report.html)',
    'b     30 2 * * * (Asia/Singapore)  2026-11-29 18:30  never ran',
  ]);
});
