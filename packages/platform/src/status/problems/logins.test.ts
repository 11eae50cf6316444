import { describe, expect, it } from 'vitest';
import { ofLogins } from './logins.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const days = (count: number) => NOW + count * 24 * 3600 * 1000;

describe('problems with logins', () => {
  it('name the role, or the host', () => {
    const logins = {
      roles: [{ role: 'replicator', reason: 'its password was changed' }],
      caches: [{ host: 'redis-a', service: 'redis' as const, reason: 'login refused (WRONGPASS)' }],
      voters: [{ host: 'quorum-c', reason: 'certificate has expired' }],
    };
    const problems = ofLogins({ logins }, NOW);
    expect(problems.map(({ code, host }) => [code, host])).toEqual([
      ['DATABASE_LOGIN_REFUSED', undefined],
      ['CACHE_LOGIN_REFUSED', 'redis-a'],
      ['ETCD_LOGIN_REFUSED', 'quorum-c'],
    ]);
    expect(problems[0]?.text).toContain('login replicator: its password was changed');
  });

  it.each([
    [31, undefined],
    [29.5, "etcd's certificates end on 2026-01-31, in 29 days: `sbmcrm rotate certificates`"],
    [-2, "etcd's certificates have ended on 2025-12-30: `sbmcrm up` makes new ones"],
  ])('tell of certificates that end in %d days: %s', (left, text) => {
    expect(ofLogins({ certificatesEndMs: days(left) }, NOW).map((each) => each.text)).toEqual(text ? [text] : []);
  });
});
