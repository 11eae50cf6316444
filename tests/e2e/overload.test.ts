import { randomUUID } from 'node:crypto';
import { StatePaths } from '@sbmcrm/local';
import { readSecrets } from '@sbmcrm/platform';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { CrmClient } from './crm.ts';
import { shared } from './platform.ts';

const crm = new CrmClient(shared);
const LOCK_S = 40;

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  await crm.login();
});

describe('a customer whose row somebody holds', () => {
  it('costs other customers nothing, and those who want it are told so', async () => {
    const [hot = '', ...others] = await Promise.all(Array.from({ length: 11 }, () => crm.createCustomer()));
    const { database } = await shared.status();
    const { postgresSuperuser } = readSecrets(new StatePaths(shared.state));
    const url = `host=/run/postgresql user=postgres dbname=sbmcrm_production password=${postgresSuperuser}`;
    const hold = `SELECT 'held' FROM customers WHERE id = '${hot}' FOR UPDATE`;
    const script = ['BEGIN', hold, `SELECT pg_sleep(${LOCK_S})`, 'COMMIT'].flatMap((sql) => ['-c', sql]);
    const lock = shared.start('exec', database.primary ?? '', '--', 'psql', url, '-XAt', ...script);
    await eventually('the row is locked', async () => lock.stdout.includes('held'));

    const earn = (customer: string) =>
      crm.call('POST', `/api/v1/customers/${customer}/points`, { type: 'earn', points: 1, reason: 'x' }, randomUUID());
    const crowd = Array.from({ length: 60 }, () => earn(hot));
    for (let round = 0; round < 5; round += 1) {
      for (const { status } of await Promise.all(others.map(earn))) expect(status).toBe(201);
    }
    expect(lock.hasEnded).toBe(false);
    expect((await shared.status()).state).toBe('healthy');
    const answers = await Promise.all(crowd);
    expect(lock.hasEnded).toBe(false);
    const codes = answers.map(({ body }) => (body as { error?: { code: string } }).error?.code);
    expect(codes).toContain('RECORD_BUSY');
    // Nobody is told that the database is away, and nothing was booked.
    expect(codes).not.toContain('UNAVAILABLE');
    expect(answers.filter(({ status }) => status !== 503)).toEqual([]);
    await lock.ended;
    expect((await earn(hot)).status).toBe(201);
  });
});
