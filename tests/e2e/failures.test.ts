import { beforeAll, describe, expect, it } from 'vitest';
import { CrmClient } from './crm.ts';
import { shared } from './platform.ts';

/** What the drills do not cover: operations on the cache, a failover by hand, and faults that leave a host half alive. */
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

  it('a frozen primary, and the operator does not wait for its lease', async () => {
    const victim = (await shared.status()).database.primary ?? '';
    await shared.json('fault', 'inject', 'pause', victim);
    const { to, fenced } = await shared.json<{ to: string; fenced: string }>('failover', 'database');
    expect({ fenced, isOther: to !== victim }).toEqual({ fenced: victim, isOther: true });
    await verify();
    const { database } = await shared.healthy();
    expect(database.primary).toBe(to);
    expect(database.members.find(({ name }) => name === victim)).toMatchObject({ role: 'standby', state: 'running' });
    await verify();
  });

  it('a load balancer that hangs, hears nobody, or has nobody who gives its addresses up', async () => {
    for (const args of [
      ['pause', 'haproxy'],
      ['kill', 'keepalived', '--for', '60s'],
      ['isolate', '', '--direction', 'in'],
    ]) {
      const victim = (await shared.status()).loadBalancer.active ?? '';
      const [kind = '', service, ...rest] = args;
      await shared.json('fault', 'inject', kind, service ? `${victim}/${service}` : victim, ...rest);
      await shared.until('the address moves', ({ loadBalancer: { active } }) => active !== null && active !== victim);
      expect((await shared.status()).problems.map(({ code }) => code)).not.toContain('ADDRESS_HELD_TWICE');
      await verify();
      await shared.heal();
    }
  });

  it('a host paused and three isolated, in any direction, all at once', async () => {
    const ids: string[] = [];
    for (const args of [
      ['pause', 'redis-b'],
      ['isolate', 'sbmcrm-api-02', '--direction', 'in'],
      ['isolate', 'replica-a', '--direction', 'out'],
      ['isolate', 'quorum-b'],
    ]) {
      ids.push((await shared.json<{ id: string }>('fault', 'inject', ...args)).id);
      await verify();
    }
    const { faults, hosts } = await shared.status();
    expect(faults.map((each) => each.id)).toEqual(ids);
    const states = Object.fromEntries(hosts.map((host) => [host.name, host.state]));
    expect(states).toMatchObject({
      'redis-b': 'paused',
      'sbmcrm-api-02': 'isolated',
      'replica-a': 'isolated',
      'quorum-b': 'isolated',
    });
    await shared.heal();
    await verify();
  });
});
