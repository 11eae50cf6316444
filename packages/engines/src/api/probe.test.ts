import { expect, it } from 'vitest';
import { healthNotes } from './probe.ts';

const ok = { status: 'ok', latencyMs: 1 };

it.each<[string, unknown, string[]]>([
  ['all well', { checks: { database: ok, redis: ok, externalApis: { ...ok, detail: 'none configured' } } }, []],
  [
    'a failed check, and why',
    { checks: { database: { status: 'failed', detail: 'login refused (28P01)' }, redis: ok } },
    ['database: login refused (28P01)'],
  ],
  [
    'two failed checks',
    { checks: { database: { status: 'failed' }, redis: { status: 'failed', detail: 'no connection' } } },
    ['database: failed', 'redis: no connection'],
  ],
  [
    'a note on the database',
    { checks: { database: { ...ok, detail: 'out of connections (53300)' } } },
    ['database: out of connections (53300)'],
  ],
  ['another path', { status: 'alive' }, []],
  ['an error', { error: { code: 'NOT_FOUND' } }, []],
  ['no object', 'healthy', []],
  ['null', null, []],
  ['nothing', undefined, []],
  ['checks that are none', { checks: [null, 3] }, ['0: failed', '1: failed']],
])('the notes of %s', (_what, body, notes) => {
  expect(healthNotes(body)).toEqual(notes);
});
