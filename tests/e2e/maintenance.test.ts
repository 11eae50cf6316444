import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrmClient } from './crm.ts';
import { on } from './inside.ts';
import { shared } from './platform.ts';

// Whoever works on the database's hosts holds its failover meanwhile: nobody takes over, until it is over.

const crm = new CrmClient(shared);
/** Longer than a lease and the election: without a maintenance the standby would lead by then. */
const FAILOVER_MS = 26_000;

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  await crm.login();
});

afterAll(async () => {
  await shared.run('maintenance', 'off');
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
});

const isOver = () => shared.until('the maintenance is over', ({ database }) => database.maintenance === undefined);

describe('maintenance', () => {
  it('lets nobody take over from a primary that died, and gives the lead back to it in the end', async () => {
    const { database } = await shared.healthy();
    const primary = database.primary ?? '';
    const { until } = await shared.json<{ until: string }>('maintenance', 'on', '--for', '10m');
    expect(Date.parse(until) - Date.now()).toBeGreaterThan(500_000);
    expect(await shared.status()).toMatchObject({ state: 'healthy', notices: [{ code: 'MAINTENANCE' }] });
    expect((await shared.run('drill', 'run', 'api-crash')).stderr).toMatch(/maintenance until/);

    await on(primary, 'kill -9 $(head -n 1 /data/postgres/main/postmaster.pid)');
    await new Promise((next) => setTimeout(next, FAILOVER_MS));
    const during = (await shared.status()).database;
    expect(during.primary).toBeNull();
    expect(during.members.find(({ name }) => name === primary)?.state).toBe('stopped');
    expect(await shared.up()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/the database has no primary, and there is maintenance until/),
    });

    expect(await shared.json('maintenance', 'off')).toEqual({ on: false, wasOn: true });
    await isOver();
    // Not the standby, which may lack what was acknowledged at last.
    expect((await shared.healthy()).database.primary).toBe(primary);
    await crm.insist('POST', '/api/v1/canary');
  });

  it.skipIf(process.env.SBMCRM_LONG === undefined)(
    'leaves a server that is down as it is, and ends by itself',
    async () => {
      const standby = (await shared.healthy()).database.members.find(({ role }) => role === 'standby')?.name ?? '';
      await shared.json('maintenance', 'on', '--for', '15s');
      await on(standby, 'kill -9 $(head -n 1 /data/postgres/main/postmaster.pid)');
      const { warnings } = await shared.json<{ warnings: string[] }>('up', '--network', shared.network);
      expect(warnings.join()).toMatch(/maintenance until/);
      expect((await shared.run('repair', standby, '--force')).stderr).toMatch(/maintenance until/);
      await isOver();
      await shared.healthy();
      expect(await shared.json('maintenance', 'off')).toEqual({ on: false, wasOn: false });
    },
  );

  it.each([
    [['on', '--for', '1s'], /--for: give 10s to 1d, not 1s/],
    [['on', '--for', 'a while'], /--for: /],
  ])('is refused in one line: maintenance %j', async (args, reason) => {
    const { code, stderr } = await shared.run('maintenance', ...args);
    expect(stderr).toMatch(reason);
    expect(code).toBe(2);
  });
});
