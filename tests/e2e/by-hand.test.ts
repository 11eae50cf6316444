import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrmClient } from './crm.ts';
import { shared, TestPlatform, unwatched } from './platform.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-by-hand-'));
const spec = join(folder, 'sbmcrm.yaml');
const platform = new TestPlatform({ state: shared.state, network: shared.network, spec });
const crm = new CrmClient(shared);
/** Longer than a lease and the election. */
const FAILOVER_MS = 26_000;

describe.runIf(process.env.SBMCRM_LONG)('where nobody is promoted without being told', () => {
  beforeAll(async () => {
    writeFileSync(spec, unwatched('platform: sbmcrm\ndatabase: { automaticFailover: { enabled: false } }'));
    expect((await shared.up()).code).toBe(0);
    expect((await platform.up()).code).toBe(0);
    await platform.healthy();
    await crm.login();
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    expect((await shared.up()).code).toBe(0);
    await shared.healthy();
  });

  it('a lost primary is waited for, and leads again', async () => {
    const { primary } = (await platform.healthy()).database;
    await platform.json('fault', 'inject', 'stop', primary ?? '');
    await new Promise((next) => setTimeout(next, FAILOVER_MS));
    const { database, problems } = await platform.status();
    expect(database.primary).toBeNull();
    expect(problems.map(({ text }) => text).join()).toMatch(/nobody is promoted without being told: `sbmcrm failover/);
    await platform.json('fault', 'clear', 'all');
    await platform.up();
    expect((await platform.healthy()).database.primary).toBe(primary);
    await crm.insist('POST', '/api/v1/canary');
  });

  it('a failover by hand works, and whoever leads then is the one that is waited for', async () => {
    const before = (await platform.healthy()).database.primary ?? '';
    await platform.json('fault', 'inject', 'stop', before);
    const { to } = await platform.json<{ to: string }>('failover', 'database');
    expect(to).not.toBe(before);
    await crm.insist('POST', '/api/v1/canary');
    await platform.json('fault', 'clear', 'all');
    await platform.up();
    expect((await platform.healthy()).database.primary).toBe(to);
    await platform.json('switchover', 'database', '--to', before);
    expect((await platform.healthy()).database.primary).toBe(before);
  });

  it('a new member is copied as ever', async () => {
    const { database } = await platform.healthy();
    const standby = database.members.find(({ role }) => role === 'standby')?.name ?? '';
    await platform.json('repair', standby, '--force');
    expect((await platform.healthy()).database.primary).toBe(database.primary);
  });
});
