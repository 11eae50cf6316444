import { type RotatedPart, SECRET_PARTS } from '@sbmcrm/engines';
import type { Step } from '@sbmcrm/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { CrmClient } from './crm.ts';
import { on, psql, secrets } from './inside.ts';
import { shared } from './platform.ts';
import { underLoad } from './under-load.ts';

// Passwords and certificates are changed while the platform runs, and set back where somebody else changed them.

const crm = new CrmClient(shared);

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  await crm.login();
});

afterAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
});

/** @returns the parts that were rotated, in order */
async function rotate(...parts: RotatedPart[]): Promise<RotatedPart[]> {
  const { rotated } = await shared.json<{ rotated: { part: RotatedPart }[] }>('rotate', ...parts);
  return rotated.map(({ part }) => part);
}

/** Whether Redis on a host takes a password. */
const isTaken = async (host: string, password: string) =>
  (await on(host, `export REDISCLI_AUTH=${password}; redis-cli --no-auth-warning ping`)).endsWith('PONG');

/** Every follower and every API server logs in anew. */
const breakConnections = (primary: string) =>
  psql(primary, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN ('sbmcrm', 'replicator')");

describe('new secrets', () => {
  it('under load: no request fails, and the old ones are of no use any more', async () => {
    const before = secrets();
    // The next test has the cluster's. `npm test -- long` has them all.
    const rest: RotatedPart[] = process.env.SBMCRM_LONG === undefined ? [] : ['cluster', 'certificates'];
    const parts: RotatedPart[] = ['database', 'replication', 'cache', ...rest];
    expect(await underLoad(() => rotate(...parts))).toEqual(parts);

    const after = secrets();
    const isNew = (key: string) => parts.some((part) => SECRET_PARTS[part].keys.some((each) => each === key));
    const changed = (Object.keys(after) as (keyof typeof after)[]).filter(
      (key) => JSON.stringify(after[key]) !== JSON.stringify(before[key]),
    );
    expect(changed.sort()).toEqual(Object.keys(after).filter(isNew).sort());
    const { database } = await shared.healthy();
    await breakConnections(database.primary ?? '');
    await shared.healthy();
    const attempt = async (password: string) => {
      const url = `postgresql://sbmcrm:${password}@postgres-primary.internal/sbmcrm_production`;
      return (await shared.run('exec', 'sbmcrm-api-01', '--', 'psql', url, '-c', 'SELECT 1')).code;
    };
    expect([await attempt(before.postgresApplication), await attempt(after.postgresApplication)]).toEqual([2, 0]);
    expect([await isTaken('redis-b', before.redis), await isTaken('redis-b', after.redis)]).toEqual([false, true]);
  });

  it('that were not rolled out to the end: `status` says so, `up` keeps them, and the next `rotate` goes on', async () => {
    const { adminPassword } = secrets();
    const cut = shared.start('rotate', 'cluster');
    await eventually('they are used', async () => secrets().rotation?.stage === 'use');
    await new Promise((next) => setTimeout(next, 200));
    cut.kill('SIGKILL');
    await cut.ended;
    const { notices } = await shared.status();
    expect(notices.map(({ code }) => code)).toContain('ROTATION_UNFINISHED');
    expect((await shared.up()).code).toBe(0);
    await shared.healthy();
    expect(secrets().rotation).toEqual({ part: 'cluster', stage: 'use' });

    // Another part: what was begun is ended first.
    expect(await rotate('admin')).toEqual(['cluster', 'admin']);
    expect(secrets().rotation).toBeUndefined();
    expect((await shared.healthy()).notices).toEqual([]);
    expect(secrets().adminPassword).not.toBe(adminPassword);
    const email = secrets().adminEmail;
    const login = (password: string) => new CrmClient(shared).call('POST', '/api/v1/auth/login', { email, password });
    expect((await login(adminPassword)).status).toBe(401);
    expect((await login(secrets().adminPassword)).status).toBe(200);
    // Who was logged in stays so.
    expect((await crm.call('GET', '/api/v1/auth/me')).status).toBe(200);
  });

  it.each([
    [['guess'], 2, /there is no part "guess" \(parts: database, /],
    [[], 2, /name parts, or --all/],
    [['cache', '--all'], 2, /name parts, or --all/],
  ])('are refused in one line: rotate %j', async (args, code, reason) => {
    const result = await shared.run('rotate', ...args);
    expect(result.stderr).toMatch(reason);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' });
  });
});

describe('logins that somebody changed', () => {
  const told = (code: string, text: RegExp) =>
    shared.until(`${code} ${text}`, ({ problems }) =>
      problems.some((problem) => problem.code === code && text.test(problem.text)),
    );

  /** What `up` set back. */
  async function setBack(): Promise<string[]> {
    const { steps } = await shared.json<{ steps: Step[] }>('up', '--network', shared.network);
    return steps.flatMap((step) => (step.do === 'set-logins' ? step.logins : []));
  }

  it('are named by `status` with the role, and set back by `up`', async () => {
    const { database, cache } = await shared.healthy();
    const primary = database.primary ?? '';
    const standby = cache.members.find(({ role }) => role === 'standby')?.name ?? '';
    await psql(primary, "ALTER ROLE replicator PASSWORD 'guess'", 'ALTER ROLE sbmcrm NOLOGIN');
    await on(standby, `export REDISCLI_AUTH=${secrets().redis}; redis-cli config set requirepass guess`);
    await breakConnections(primary);
    await told('DATABASE_LOGIN_REFUSED', /login replicator: its password was changed/);
    await told('DATABASE_LOGIN_REFUSED', /login sbmcrm: it may not log in/);
    await told('CACHE_LOGIN_REFUSED', new RegExp(`^redis on ${standby} .*WRONGPASS`));
    const { stdout } = await shared.run('up', '--dry-run');
    expect(stdout).toMatch(new RegExp(`Set logins back in ${primary}/patroni: .*replicator`));
    expect(await setBack()).toEqual(['replicator', 'sbmcrm', 'default']);
    await shared.healthy();
    await crm.insist('POST', '/api/v1/canary');
  });

  it('are set back also where it is the superuser’s', async () => {
    const { primary } = (await shared.healthy()).database;
    await psql(primary ?? '', "ALTER ROLE postgres PASSWORD 'guess'");
    await told('DATABASE_LOGIN_REFUSED', /login postgres: login refused \(28P01\)/);
    expect(await setBack()).toEqual(['postgres']);
    expect((await shared.healthy()).database.primary).toBe(primary);
  });
});
