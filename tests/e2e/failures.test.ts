import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { CrmClient } from './crm.ts';
import { shared } from './platform.ts';

/** The guide's failover tests, one after the other on one platform: each ends healthy before the next begins. */
describe('the CRM survives', () => {
  const crm = new CrmClient(shared);
  let customer = '';
  const acknowledged: string[] = [];

  const write = async () => {
    const { id } = await crm.earn(customer, 1);
    acknowledged.push(id);
  };

  /** Writes work again, every acknowledged row is there, and the platform heals. */
  const verify = async () => {
    for (let i = 0; i < 5; i++) await write();
    const { balance, entries } = await crm.ledger(customer);
    const ids = entries.map((entry) => entry.id);
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
    expect(balance).toBe(acknowledged.length);
  };

  beforeAll(async () => {
    await shared.healthy();
    await crm.login();
    customer = await crm.createCustomer();
    for (let i = 0; i < 5; i++) await write();
  });

  it('the postmaster killed', async () => {
    const before = await shared.status();
    const { code } = await shared.run('fault', 'inject', 'kill', `${before.database.primary}/postgres`);
    expect(code).toBe(0);
    await verify();
    await shared.healthy();
  });

  it("the primary's host lost: the standby takes over, the old primary returns as standby", async () => {
    const before = await shared.status();
    const victim = before.database.primary ?? '';
    await shared.json('fault', 'inject', 'stop', victim);
    await verify();
    const during = await shared.status();
    expect(during.database.primary).not.toBe(victim);
    expect(during.state).toBe('degraded');
    expect((await shared.up()).code).toBe(0);
    const after = await shared.healthy();
    expect(after.database.primary).toBe(during.database.primary);
    expect(after.database.members.find((member) => member.name === victim)).toMatchObject({
      role: 'standby',
      state: 'running',
    });
    expect(after.faults).toEqual([]);
    await verify();
  });

  it('a planned switchover of the database', async () => {
    const { database } = await shared.status();
    const target = database.members.find((member) => member.role === 'standby')?.name ?? '';
    await shared.json('switchover', 'database', '--to', target);
    await verify();
    expect((await shared.healthy()).database.primary).toBe(target);
  });

  it('the Redis master lost, and nobody is logged out', async () => {
    const victim = (await shared.status()).cache.primary ?? '';
    await shared.json('fault', 'inject', 'stop', victim);
    expect((await crm.call('GET', '/api/v1/auth/me')).status).toBe(200);
    await verify();
    await eventually('Sentinel has promoted the standby', async () => {
      const { primary } = (await shared.status()).cache;
      return primary !== null && primary !== victim;
    });
    expect((await shared.up()).code).toBe(0);
    const after = await shared.healthy();
    expect(after.cache.primary).not.toBe(victim);
    expect((await crm.call('GET', '/api/v1/auth/me')).status).toBe(200);
  });

  it('a planned switchover of the cache', async () => {
    const { cache } = await shared.status();
    const target = cache.members.find((member) => member.role === 'standby')?.name ?? '';
    await shared.json('switchover', 'cache', '--to', target);
    await verify();
    expect((await shared.healthy()).cache.primary).toBe(target);
  });

  it('the Redis master lost, and the operator does not wait for Sentinel', async () => {
    const victim = (await shared.status()).cache.primary ?? '';
    await shared.json('fault', 'inject', 'stop', victim);
    const { to } = await shared.json<{ to: string }>('failover', 'cache');
    expect(to).not.toBe(victim);
    expect((await shared.up()).code).toBe(0);
    expect((await shared.healthy()).cache.primary).toBe(to);
    await verify();
  });

  it('a load balancer that hangs, or hears nobody', async () => {
    for (const args of [
      ['pause', 'haproxy'],
      ['isolate', '', '--direction', 'in'],
    ]) {
      const victim = (await shared.status()).loadBalancer.active ?? '';
      const [kind = '', service, ...rest] = args;
      await shared.json('fault', 'inject', kind, service ? `${victim}/${service}` : victim, ...rest);
      await eventually('the address moves', async () => {
        const { active } = (await shared.status()).loadBalancer;
        return active !== null && active !== victim;
      });
      await verify();
      await shared.json('fault', 'clear', 'all');
      await shared.healthy();
    }
  });

  it('an API server lost', async () => {
    await shared.json('fault', 'inject', 'stop', 'sbmcrm-api-01');
    await verify();
    expect((await shared.up()).code).toBe(0);
    await shared.healthy();
  });

  it('the active load balancer lost', async () => {
    const victim = (await shared.status()).loadBalancer.active ?? '';
    await shared.json('fault', 'inject', 'stop', victim);
    await verify();
    expect((await shared.status()).loadBalancer.active).not.toBe(victim);
    expect((await shared.up()).code).toBe(0);
    const after = await shared.healthy();
    expect(after.loadBalancer.active).not.toBe(victim);
  });

  it('a host paused, and one isolated in either direction', async () => {
    for (const args of [
      ['pause', 'redis-b'],
      ['isolate', 'sbmcrm-api-02', '--direction', 'in'],
      ['isolate', 'replica-a', '--direction', 'out'],
      ['isolate', 'quorum-b'],
    ]) {
      const fault = await shared.json<{ id: string }>('fault', 'inject', ...args);
      expect((await shared.status()).faults.map((each) => each.id)).toEqual([fault.id]);
      await verify();
      await shared.json('fault', 'clear', fault.id);
      expect((await shared.up()).code).toBe(0);
      await shared.healthy();
    }
  });
});
