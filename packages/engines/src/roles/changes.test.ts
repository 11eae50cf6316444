import { expect, it } from 'vitest';
import { knownRoles, type Roles, roleChanges } from './changes.ts';

const BEFORE: Roles = { database: { host: 'a', timeline: 2 }, cache: { host: 'x' }, entry: { host: 'lb-a' } };
const texts = (now: Roles) => roleChanges(BEFORE, now).map(({ text, by }) => `${text} · ${by}`);

it.each<[string, Roles, string[]]>([
  ['nothing that is as it was', BEFORE, []],
  ['nothing that nobody knows', {}, []],
  [
    'who is primary now, and who was',
    { ...BEFORE, database: { host: 'b', timeline: 3 }, cache: { host: 'y' } },
    [
      'the primary of the database is b now, on timeline 3 (before: a) · Patroni',
      'the primary of the cache is y now (before: x) · Sentinel',
    ],
  ],
  [
    'a primary that began anew',
    { ...BEFORE, database: { host: 'a', timeline: 3 } },
    ['the primary of the database is a again, on timeline 3 · Patroni'],
  ],
  ['nothing of an old timeline', { database: { host: 'b', timeline: 1 } }, []],
  [
    'where the address is',
    { entry: { host: 'lb-b' } },
    ['the public address is at lb-b now (before: lb-a) · keepalived'],
  ],
])('tells %s', (_what, now, told) => {
  expect(texts(now)).toEqual(told);
});

it('tells of nobody before whom nobody knew', () => {
  expect(roleChanges({}, BEFORE)).toEqual([]);
});

it('believes no old timeline', () => {
  expect(knownRoles(BEFORE, { database: { host: 'b', timeline: 1 } })).toEqual(BEFORE);
});

it('remembers who is not seen for a moment', () => {
  const gone = knownRoles(BEFORE, { entry: { host: 'lb-b' } });
  expect(gone).toEqual({ ...BEFORE, entry: { host: 'lb-b' } });
});
