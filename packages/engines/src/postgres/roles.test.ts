import { describe, expect, it } from 'vitest';
import type { Secrets } from '../common/context.ts';
import { loginsSql, refusedLogins, type StoredRole } from './roles.ts';
import { scramVerifier } from './scram.ts';

const secrets = {
  postgresSuperuser: 'one',
  postgresReplication: 'two',
  postgresRewind: 'three',
  postgresApplication: 'four',
} as Secrets;

const role = (name: string, password: string, other: Partial<StoredRole> = {}): StoredRole => ({
  name,
  mayLogin: true,
  expired: false,
  connections: -1,
  isSuperuser: name === 'postgres',
  mayReplicate: name === 'replicator',
  verifier: scramVerifier(password, Buffer.alloc(16, 7)),
  ...other,
});
const WELL = [
  role('postgres', 'one'),
  role('replicator', 'two'),
  role('rewind', 'three'),
  role('sbmcrm', 'four'),
] as const;

/** The roles with one of them as given. */
const withRole = (changed: StoredRole) => WELL.map((each) => (each.name === changed.name ? changed : each));

describe('logins', () => {
  it('are not refused where every role is as the platform made it, whatever the salt', () => {
    expect(refusedLogins(WELL, secrets)).toEqual([]);
  });

  it.each<[string, StoredRole, string]>([
    ['another password', role('replicator', 'guess'), 'its password was changed'],
    ['no password', role('replicator', '', { verifier: null }), 'its password was changed'],
    ['an old hash', role('replicator', '', { verifier: 'md5deadbeef' }), 'its password was changed'],
    ['NOLOGIN', role('rewind', 'three', { mayLogin: false }), 'it may not log in'],
    ['VALID UNTIL', role('sbmcrm', 'four', { expired: true }), 'its password has expired'],
    ['CONNECTION LIMIT', role('sbmcrm', 'four', { connections: 3 }), 'it may have 3 connections at most'],
    ['NOSUPERUSER', role('postgres', 'one', { isSuperuser: false }), 'it is no superuser any more'],
    ['NOREPLICATION', role('replicator', 'two', { mayReplicate: false }), 'it may not replicate any more'],
  ])('%s is named with its role', (_what, changed, reason) => {
    expect(refusedLogins(withRole(changed), secrets)).toEqual([{ role: changed.name, reason }]);
  });

  it('a role that is gone is named', () => {
    expect(refusedLogins(WELL.slice(0, 3), secrets)).toEqual([{ role: 'sbmcrm', reason: 'there is no such role' }]);
  });

  it('are set without any password in the text, the same text each time', () => {
    const sql = loginsSql(secrets);
    expect(sql).toBe(loginsSql(secrets));
    expect(sql).not.toMatch(/'(one|two|three|four)'/);
    expect(sql.match(/PASSWORD 'SCRAM-SHA-256\$4096:/g)).toHaveLength(4);
  });
});
