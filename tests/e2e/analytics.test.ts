import { randomUUID } from 'node:crypto';
import { StatePaths } from '@sbmcrm/local';
import { readSecrets } from '@sbmcrm/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrmClient } from './crm.ts';
import { shared } from './platform.ts';

const crm = new CrmClient(shared);
/** Nobody else books on this day. */
const DAY = '2001-02-03';
/** More than the buffers between the server and a client hold. */
const LINES = 150_000;

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  await crm.login();
});
afterAll(async () => {
  await shared.json('fault', 'clear', 'all');
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
});

/** Writes a customer's ledger of a day long ago, as if it had been booked then. */
async function bookLongAgo(customer: string, lines: number): Promise<void> {
  const { primary } = (await shared.status()).database;
  const { postgresSuperuser } = readSecrets(new StatePaths(shared.state));
  const sql = `INSERT INTO point_entries (id, customer_id, type, points, balance, reason, user_id, created_at)
    SELECT gen_random_uuid(), '${customer}', 'earn', 1, n, CASE n WHEN 2 THEN E'say "yes",\\nor no' ELSE 'line ' || n || ', booked' END, u.id, '${DAY} 12:00 UTC'
      FROM generate_series(1, ${lines}) n, (SELECT id FROM users LIMIT 1) u`;
  const url = `host=/run/postgresql user=postgres dbname=sbmcrm_production password=${postgresSuperuser}`;
  const { code, stderr } = await shared.run('exec', primary ?? '', '--', 'psql', url, '-XAtqc', sql);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

const get = (path: string) => crm.call('GET', `/api/v1/${path}`);

describe('analytics', () => {
  it('sum up what was booked, as the writer left it', async () => {
    const tier = `t-${randomUUID().slice(0, 8)}`;
    const { id } = await crm.insist<{ id: string }>('POST', '/api/v1/customers', { name: 'A', tier });
    await crm.earn(id, 900_000_000);
    const today = new Date().toISOString().slice(0, 10);
    const answers = await Promise.all(
      ['summary', 'points-by-day', 'tiers', 'top-customers?limit=100'].map((path) =>
        crm.readOwn(`/api/v1/analytics/${path}`),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const [summary, days, tiers, top] = answers.map(({ body }) => (body as { data: unknown }).data);
    expect(summary).toMatchObject({ to: today, entries: expect.any(Number), redeemed: expect.any(Number) });
    expect((summary as { earned: number }).earned).toBeGreaterThanOrEqual(900_000_000);
    expect((days as { day: string }[]).at(-1)).toMatchObject({ day: today });
    expect(tiers).toContainEqual({ tier, customers: 1, balance: 900_000_000 });
    expect(top).toContainEqual({ id, name: 'A', tier, balance: 900_000_000 });
  });

  it.each([
    'analytics/summary?from=2026-02-30',
    'analytics/tiers?x=1',
    'analytics/top-customers?limit=101',
    'reports/points.csv?to=x',
  ])('refuse %s', async (path) => {
    expect(await get(path)).toMatchObject({ status: 400, body: { error: { code: 'VALIDATION' } } });
  });

  it('in any number do not keep a till waiting: those beyond a few are told so', async () => {
    const customer = await crm.createCustomer();
    const questions = Array.from({ length: 400 }, () => get('analytics/summary?from=2026-01-01'));
    await Promise.all(Array.from({ length: 20 }, () => crm.earn(customer, 1)));
    const statuses = (await Promise.all(questions)).map(({ status, body }) =>
      status === 200 ? 'answered' : (body as { error: { code: string } }).error.code,
    );
    expect(statuses).toContain('answered');
    expect(statuses.filter((each) => each !== 'answered' && each !== 'OVERLOADED')).toEqual([]);
    expect((await crm.ledger(customer)).entries).toHaveLength(20);
  });
});

describe('a file of the ledger', () => {
  it('is whole, each line once, though both replicas die while it is read', async () => {
    const customer = await crm.createCustomer();
    await bookLongAgo(customer, LINES);
    await shared.until('the replicas have it', ({ database }) =>
      database.members.every(({ role, lagBytes }) => role === 'primary' || lagBytes === 0),
    );
    const response = await crm.open(`/api/v1/reports/points.csv?from=${DAY}&to=${DAY}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    // A client that reads slowly: the rest waits at the server.
    let text = (await reader?.read())?.value ?? '';
    await shared.json('fault', 'inject', 'stop', 'replica-a');
    await shared.json('fault', 'inject', 'stop', 'replica-b');
    for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) text += chunk.value;
    const [head, ...lines] = text.trimEnd().split('\r\n');
    expect(head).toBe('createdAt,id,customerId,type,points,balance,reason,reference,transferId');
    // Others are of an earlier run.
    const mine = lines.filter((line) => line.includes(customer));
    const balances = mine.map((line) => Number(line.split(',')[5]));
    expect(balances).toHaveLength(LINES);
    expect(new Set(balances).size).toBe(LINES);
    expect(mine.filter((line) => line.endsWith(',"say ""yes"",\nor no",,'))).toHaveLength(1);
    expect(mine.filter((line) => line.includes(', booked",,'))).toHaveLength(LINES - 1);
    expect(mine.at(0)).toMatch(
      new RegExp(`^${DAY}T12:00:00.000Z,[0-9a-f-]{36},${customer},earn,1,\\d+,"line \\d+, booked",,$`),
    );
  });
});
