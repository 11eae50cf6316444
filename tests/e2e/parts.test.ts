import { randomUUID } from 'node:crypto';
import { ADMIN_SOCKET, haproxyCommand } from '@sbmcrm/engines';
import { openPlatform, openWorkspace } from '@sbmcrm/platform';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { CrmClient } from './crm.ts';
import { query, run, secrets } from './inside.ts';
import { shared, UNWATCHED } from './platform.ts';

const crm = new CrmClient(shared);

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  await crm.login();
});

describe('the database names', () => {
  it('lead to the right server from every kind of host', async () => {
    const { database, hosts } = await shared.status();
    const addressOf = (name: string | null) => hosts.find((host) => host.name === name)?.address;
    const replicas = database.members.filter((member) => member.role === 'replica').map(({ name }) => addressOf(name));
    const WHO = 'SELECT host(inet_server_addr()), pg_is_in_recovery()';
    for (const from of ['lb-a', 'sbmcrm-api-02', 'postgres-a', 'replica-b', 'redis-a', 'quorum-c']) {
      expect(await query(from, 'postgres-primary.internal', WHO)).toBe(`${addressOf(database.primary)}|f`);
      const [address, recovery] = (await query(from, 'postgres-replica.internal', WHO)).split('|');
      expect(replicas).toContain(address);
      expect(recovery).toBe('t');
    }
  });

  it('follow a switchover', async () => {
    // A single look that nobody answered in time knows no roles.
    const target = (await shared.healthy()).database.members.find((member) => member.role === 'standby');
    await shared.json('switchover', 'database', '--to', target?.name ?? '');
    const { hosts } = await shared.healthy();
    const address = hosts.find((host) => host.name === target?.name)?.address;
    await eventually(
      'the name leads to the new primary',
      async () => (await query('redis-a', 'postgres-primary.internal', 'SELECT host(inet_server_addr())')) === address,
    );
  });
});

describe('PostgreSQL', () => {
  it('has checksums, SCRAM, and room for every pool', async () => {
    const settings = await query(
      'sbmcrm-api-01',
      'postgres-primary.internal',
      "SELECT current_setting('data_checksums'), current_setting('password_encryption'), current_setting('max_connections')",
    );
    expect(settings).toBe('on|scram-sha-256|420');
  });

  it('lets nobody in with a wrong password, and the application only into its own database', async () => {
    const attempt = (url: string) => shared.run('exec', 'sbmcrm-api-01', '--', 'psql', url, '--command', 'SELECT 1');
    expect((await attempt('postgresql://sbmcrm:guess@postgres-primary.internal/sbmcrm_production')).stderr).toMatch(
      /password authentication failed/,
    );
    const password = secrets().postgresApplication;
    expect((await attempt(`postgresql://sbmcrm:${password}@postgres-primary.internal/postgres`)).stderr).toMatch(
      /no pg_hba\.conf entry/,
    );
  });

  it('has read replicas that are never promoted nor synchronous', async () => {
    const { code, stderr } = await shared.run('failover', 'database', '--to', 'replica-a');
    expect(code).toBe(1);
    expect(stderr).toMatch(/read replica and is never promoted/);
  });
});

describe('etcd', () => {
  it('answers nobody without the client certificate', async () => {
    const { code } = await shared.run(
      'exec',
      'quorum-a',
      '--',
      'etcdctl',
      '--endpoints=https://127.0.0.1:2379',
      '--insecure-skip-tls-verify',
      '--command-timeout=3s',
      'get',
      '/',
      '--prefix',
    );
    expect(code).not.toBe(0);
  });
});

describe('Redis', () => {
  const redis = (host: string, password: string, port: string, ...command: string[]) =>
    run(host, 'env', `REDISCLI_AUTH=${password}`, 'redis-cli', '--no-auth-warning', '-h', host, '-p', port, ...command);

  it('has the values of the guide', async () => {
    const primary = (await shared.status()).cache.primary ?? '';
    const values = await redis(
      primary,
      secrets().redis,
      '6379',
      'CONFIG',
      'GET',
      'maxmemory',
      'save',
      'appendonly',
      'min-replicas-to-write',
    );
    const pairs = values.split('\n');
    const maxMemory = Number(pairs[pairs.indexOf('maxmemory') + 1]);
    expect(maxMemory).toBeGreaterThan(0);
    expect(maxMemory).toBeLessThanOrEqual(8 * 1024 ** 3); // cut to what the machine has
    for (const [key, value] of [
      ['save', '3600 1'],
      ['appendonly', 'yes'],
      ['min-replicas-to-write', '1'],
    ] as const) {
      expect(pairs[pairs.indexOf(key) + 1]).toBe(value);
    }
    expect(await run(primary, 'redis-cli', '-h', primary, 'PING')).toMatch(/NOAUTH/);
  });

  it('is watched by three Sentinels with a quorum of two', async () => {
    const info = await redis('quorum-c', secrets().sentinel, '26379', 'SENTINEL', 'MASTER', 'sbmcrm-redis');
    const fields = info.split('\n');
    const value = (key: string) => fields[fields.indexOf(key) + 1];
    expect({
      quorum: value('quorum'),
      down: value('down-after-milliseconds'),
      failover: value('failover-timeout'),
      others: value('num-other-sentinels'),
    }).toEqual({
      quorum: '2',
      down: '5000',
      failover: '10000',
      others: '2',
    });
  });
});

describe('the load balancer', () => {
  it('sticks a client to one server by cookie', async () => {
    const first = await fetch(`${shared.url}/livez`);
    const cookie = /SBMCRM_SERVER=(sbmcrm-api-\d\d)/.exec(first.headers.get('set-cookie') ?? '');
    expect(cookie).not.toBeNull();
    for (let i = 0; i < 10; i++) {
      const next = await fetch(`${shared.url}/livez`, { headers: { cookie: cookie?.[0] ?? '' } });
      expect(next.headers.get('set-cookie')).toBeNull(); // a new cookie would mean another server
    }
  });

  it('uses every server when none is healthy', async () => {
    const { cloud } = openPlatform(openWorkspace({ state: shared.state, spec: UNWATCHED }));
    const balancers = (await cloud.listHosts()).filter((host) =>
      host.services.some((service) => service.name === 'haproxy'),
    );
    const tell = async (health: 'up' | 'down') => {
      for (const host of balancers) {
        for (const server of ['sbmcrm-api-01', 'sbmcrm-api-02']) {
          await haproxyCommand(`/proc/${host.initPid}/root${ADMIN_SOCKET}`, [
            `set server api/${server} health ${health}`,
          ]);
        }
      }
    };
    await tell('down');
    try {
      expect((await cloud.listBackends()).map((backend) => backend.state)).toEqual(['unhealthy', 'unhealthy']);
      expect((await crm.call('GET', '/api/v1/auth/me')).status).toBe(200);
    } finally {
      await tell('up');
    }
  });

  it('drains a server that ends in good order: no request is dropped', async () => {
    const answers: number[] = [];
    let running = true;
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (running) answers.push((await crm.call('GET', '/api/v1/auth/me').catch(() => ({ status: 0 }))).status);
      }),
    );
    await run('sbmcrm-api-01', 'sv', '-w', '40', 'restart', '/run/service/api');
    await shared.healthy();
    running = false;
    await load;
    expect(answers.length).toBeGreaterThan(50);
    expect(answers.filter((status) => status !== 200)).toEqual([]);
  });
});

describe('the API', () => {
  it('answers /health as the guide wants it', async () => {
    const { status, body } = await crm.call('GET', '/health');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'healthy',
      timestamp: expect.stringMatching(/^\d{4}-/),
      checks: { database: { status: 'ok' }, redis: { status: 'ok' }, externalApis: { status: 'ok' } },
    });
  });

  it('gives the same answer for the same key, and refuses the key for another request', async () => {
    const customer = await crm.createCustomer();
    const key = `e2e-${customer}`;
    const path = `/api/v1/customers/${customer}/points`;
    const earn = { type: 'earn', points: 10, reason: 'test' };
    const first = await crm.call('POST', path, earn, key);
    expect(first.status).toBeLessThan(300);
    expect(await crm.call('POST', path, earn, key)).toEqual(first);
    expect(await crm.call('POST', path, { ...earn, points: 11 }, key)).toMatchObject({
      status: 422,
      body: { error: { code: 'IDEMPOTENCY_KEY_REUSED' } },
    });
    expect((await crm.call('POST', path, earn)).status).toBe(400);
    expect((await crm.ledger(customer)).balance).toBe(10);
    expect(
      (await crm.call('POST', path, { type: 'redeem', points: 11, reason: 'test' }, `${key}-2`)).status,
    ).toBeGreaterThanOrEqual(400);
    expect((await crm.ledger(customer)).balance).toBe(10);
  });

  it('applies a key once, however many ask at the same time', async () => {
    const customer = await crm.createCustomer();
    const ask = () =>
      crm.call(
        'POST',
        `/api/v1/customers/${customer}/points`,
        { type: 'earn', points: 5, reason: 'test' },
        `same-${customer}`,
      );
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    const done = answers.filter((answer) => answer.status < 300);
    expect(new Set(done.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect((await crm.ledger(customer)).balance).toBe(5);
  });

  it('transfers points between two customers once', async () => {
    const from = await crm.createCustomer();
    const to = await crm.createCustomer();
    await crm.earn(from, 10);
    const key = `transfer-${from}`;
    const transfer = { from, to, points: 4, reference: 'order 1' };
    const first = await crm.call('POST', '/api/v1/transfers', transfer, key);
    expect(first).toMatchObject({ status: 201, body: { data: { from: { balance: 6 }, to: { balance: 4 } } } });
    expect(await crm.call('POST', '/api/v1/transfers', transfer, key)).toEqual(first);
    const { data } = first.body as { data: { id: string; from: { entryId: string }; to: { entryId: string } } };
    const shares = { reason: 'transfer', reference: 'order 1', transferId: data.id };
    expect(await crm.ledger(from)).toMatchObject({
      balance: 6,
      entries: [
        { id: data.from.entryId, type: 'transfer-out', points: -4, balance: 6, ...shares },
        { type: 'earn', transferId: null },
      ],
    });
    expect(await crm.ledger(to)).toMatchObject({
      balance: 4,
      entries: [{ id: data.to.entryId, type: 'transfer-in', points: 4, balance: 4, ...shares }],
    });
  });

  it('refuses a transfer as a whole', async () => {
    const from = await crm.createCustomer();
    const to = await crm.createCustomer();
    await crm.earn(from, 3);
    const refusal = async (fields: object, key: string | undefined = randomUUID()) => {
      const { status, body } = await crm.call('POST', '/api/v1/transfers', { from, to, points: 3, ...fields }, key);
      const { code, details } = (body as { error: { code: string; details: { path: string }[] } }).error;
      return [status, code, ...details.map((detail) => detail.path)];
    };
    expect(await refusal({ points: 4 })).toEqual([422, 'INSUFFICIENT_POINTS', 'points']);
    expect(await refusal({ from: randomUUID() })).toEqual([404, 'CUSTOMER_NOT_FOUND', 'from']);
    expect(await refusal({ to: randomUUID() })).toEqual([404, 'CUSTOMER_NOT_FOUND', 'to']);
    expect(await refusal({ to: from })).toEqual([400, 'VALIDATION', 'to']);
    expect(await refusal({}, '')).toEqual([400, 'IDEMPOTENCY_KEY_REQUIRED']);
    expect([(await crm.ledger(from)).balance, (await crm.ledger(to)).balance]).toEqual([3, 0]);
  });

  it('takes opposite transfers at the same time: all succeed, and the sum stays', async () => {
    const one = await crm.createCustomer();
    const two = await crm.createCustomer();
    // Enough for all of them in any order.
    await crm.earn(one, 200);
    await crm.earn(two, 200);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const [from, to] = index % 2 === 0 ? [one, two] : [two, one];
        return crm.call('POST', '/api/v1/transfers', { from, to, points: index + 1 }, randomUUID());
      }),
    );
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 201));
    // From `one` went 1 + 3 + … + 19, to it 2 + 4 + … + 20.
    expect([(await crm.ledger(one)).balance, (await crm.ledger(two)).balance]).toEqual([210, 190]);
  });

  it('refuses strangers and nonsense with stable codes', async () => {
    const stranger = new CrmClient(shared);
    expect(await stranger.call('GET', '/api/v1/customers')).toMatchObject({ status: 401 });
    expect(await stranger.call('POST', '/api/v1/auth/login', { email: 'a@b.c', password: 'guess' })).toMatchObject({
      status: 401,
    });
    expect(await crm.call('GET', '/api/v1/customers/not-a-uuid')).toMatchObject({
      status: 400,
      body: { error: { code: 'VALIDATION' } },
    });
    expect(await crm.call('GET', '/api/v1/nowhere')).toMatchObject({
      status: 404,
      body: { error: { code: 'NOT_FOUND' } },
    });
  });
});
