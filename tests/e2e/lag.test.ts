import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { psql, query } from './inside.ts';
import { shared } from './platform.ts';

// Whoever reports from a copy that is hours behind is told lies: nobody reads from it until it has caught up.

let primary = '';
beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  primary = (await shared.healthy()).database.primary ?? '';
  await psql(primary, 'CREATE TABLE IF NOT EXISTS held (n int)');
});
afterAll(async () => {
  await psql('replica-a', 'ALTER SYSTEM RESET max_standby_streaming_delay', 'SELECT pg_reload_conf()');
  await psql(primary, 'DROP TABLE held');
});

/** Hosts that some new connections by the replicas' name lead to. */
async function servedBy(): Promise<Set<string>> {
  const ask = () => query('redis-a', 'postgres-replica.internal', 'SELECT host(inet_server_addr())');
  const addresses = await Promise.all([1, 2, 3, 4, 5, 6].map(ask));
  const { hosts } = await shared.status();
  return new Set(addresses.map((address) => hosts.find((host) => host.address === address)?.name ?? address));
}

describe('a read replica that is too far behind', () => {
  it('is told with its seconds, and leaves the replicas’ name until it has caught up', async () => {
    await psql('replica-a', 'ALTER SYSTEM SET max_standby_streaming_delay = -1', 'SELECT pg_reload_conf()');
    await eventually('both replicas serve', async () => (await servedBy()).size === 2);
    // A reader holds replay up, for as long as it likes.
    const reader = psql('replica-a', 'BEGIN', 'SELECT FROM held', 'SELECT pg_sleep(600)').catch(() => '');
    await eventually(
      'the reader reads',
      async () => (await psql('replica-a', "SELECT count(*) FROM pg_locks WHERE relation = 'held'::regclass")) === '1',
    );
    await psql(primary, 'ALTER TABLE held ADD COLUMN IF NOT EXISTS m int');
    const behind = await shared.until('replica-a is behind', ({ problems }) =>
      problems.find(({ code, host }) => code === 'DATABASE_BEHIND' && host === 'replica-a'),
    );
    expect(behind.text).toMatch(/^replica-a is \d+ s behind/);
    await eventually('nobody is led to it', async () => !(await servedBy()).has('replica-a'));
    expect(await servedBy()).toEqual(new Set(['replica-b']));
    await psql(
      'replica-a',
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()",
    );
    await reader;
    await eventually('it serves again', async () => (await servedBy()).size === 2);
    await shared.healthy();
  });

  it.skipIf(process.env.SBMCRM_LONG === undefined)('is nobody while there is no primary: reads go on', async () => {
    await shared.json('fault', 'inject', 'stop', 'postgres-a', 'postgres-b');
    // Longer than a replica may be behind.
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    expect((await servedBy()).size).toBeGreaterThan(0);
    await shared.heal();
  });
});
