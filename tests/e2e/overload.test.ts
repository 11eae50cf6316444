import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadRun } from '@sbmcrm/drills';
import { limitHost, StatePaths } from '@sbmcrm/local';
import { readSecrets } from '@sbmcrm/platform';
import { planNetwork } from '@sbmcrm/topology';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { CrmClient } from './crm.ts';
import { shared } from './platform.ts';

const crm = new CrmClient(shared);
/** Longer than a request may wait. */
const LOCK_S = 34;

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

describe('a load', () => {
  it('keeps each of its requests as a line, where it is asked to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-history-'));
    const file = join(folder, 'load.jsonl');
    try {
      const { stdout } = await shared.run('load', '--rate', '5', '--for', '2s', '--history', file, '--json');
      const { sent } = JSON.parse(stdout) as LoadRun;
      const lines = readFileSync(file, 'utf8').trim().split('\n');
      // Those of the warm-up are there, too.
      expect(lines.length).toBeGreaterThan(sent);
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ kind: expect.any(String), outcome: expect.any(String) });
      expect(statSync(file).mode & 0o777).toBe(0o600);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('more than the API servers have time for', () => {
  const SERVERS = ['sbmcrm-api-01', 'sbmcrm-api-02'];
  const limit = (cores: number | undefined) => {
    for (const server of SERVERS) limitHost(planNetwork(shared.network), server, cores);
  };
  const load = async (rate: number, seconds: number) => {
    const { stdout, stderr } = await shared.run('load', '--rate', `${rate}`, '--for', `${seconds}s`, '--json');
    const said = JSON.parse(stdout || '{"error":{}}') as LoadRun | { error: object };
    if ('error' in said) throw new Error(stderr);
    return said;
  };

  // On a machine that is busy itself the servers may not even come to say that they have no time.
  it.runIf(process.env.SBMCRM_LONG)(
    'is refused early, what was let in is answered, and it ends with the load',
    async () => {
      const roles = async () => {
        const { database, cache, loadBalancer } = await shared.status();
        return [database.primary, cache.primary, loadBalancer.active];
      };
      const before = await roles();
      try {
        limit(0.15);
        const flood = await load(200, 15);
        expect(flood).toMatchObject({ failed: 0 });
        expect(flood.refused).toBeGreaterThan(0);
        expect(flood.ok).toBeGreaterThan(0);
      } finally {
        limit(undefined);
      }
      expect(await roles()).toEqual(before);
      await shared.healthy();
      expect(await load(10, 5)).toMatchObject({ failed: 0, refused: 0 });
    },
  );
});
