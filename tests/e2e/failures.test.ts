import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { CrmClient } from './crm.ts';
import { shared } from './platform.ts';

/** What the drills do not cover: operations on the cache, and faults that leave a host half alive. */
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
