import { randomBytes } from 'node:crypto';
import { endService } from '@sbmcrm/engines';
import type { PlatformStatus, Step } from '@sbmcrm/platform';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CrmClient } from './crm.ts';
import { on, psql } from './inside.ts';
import { shared } from './platform.ts';

// What has damaged data never comes up by itself: `status` says so, and `up` or `repair` gets them from the others.

const crm = new CrmClient(shared);
/** `npm test -- long` has those that take half a minute and show another way to the same end. */
const isLong = process.env.SBMCRM_LONG !== undefined;
const long = it.skipIf(!isLong);

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  await crm.login();
});

afterEach(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
});

/** Stops a service, does something to its data and starts it again. */
const whileDown = (host: string, service: string, script: string) =>
  on(host, [...endService(service, 30), script, `sv up /run/service/${service}`].join('\n'));

const told = (code: string, host: string) =>
  shared.until(`${code} of ${host}`, ({ problems }) =>
    problems.find((each) => each.code === code && each.host === host),
  );

/** What `up` repaired. */
async function repairs(): Promise<Extract<Step, { do: 'repair' }>[]> {
  const { steps } = await shared.json<{ steps: Step[] }>('up', '--network', shared.network);
  return steps.flatMap((step) => (step.do === 'repair' ? [step] : []));
}

const standbyOf = ({ database }: PlatformStatus) => database.members.find(({ role }) => role === 'standby')?.name ?? '';

describe('data that are of no use any more', () => {
  it('of a member of etcd: it is replaced', async () => {
    await whileDown('quorum-b', 'etcd', 'rm -rf /data/etcd');
    expect((await told('ETCD_DAMAGED', 'quorum-b')).text).toMatch(/on quorum-b are of no use: they are gone/);
    const { stdout } = await shared.run('up', '--dry-run');
    expect(stdout).toMatch(/replace the member on quorum-b/);
    expect(await repairs()).toMatchObject([{ host: 'quorum-b', part: 'quorum' }]);
    const { quorum } = await shared.healthy();
    expect(quorum.etcd).toEqual({ up: 3, of: 3 });
    // It keeps what it has now: another start needs no repair.
    await whileDown('quorum-b', 'etcd', ':');
    await shared.healthy();
  });

  it('of the cache’s standby: it fetches all from the primary', async () => {
    const { cache } = await shared.status();
    const standby = cache.members.find(({ role }) => role === 'standby')?.name ?? '';
    const junk = randomBytes(64).toString('hex');
    await whileDown(
      standby,
      'redis',
      `for each in /data/redis/appendonlydir/*.incr.aof; do printf '${junk}' >> $each; done`,
    );
    await told('CACHE_DAMAGED', standby);
    const result = await shared.json<{ repairs: { host: string; part: string }[] }>('repair', standby);
    expect(result.repairs).toMatchObject([{ host: standby, part: 'cache' }]);
    expect((await shared.healthy()).cache.primary).toBe(cache.primary);
    expect(await on(standby, 'ls /data/redis/damaged')).toMatch(/appendonlydir/);
  });

  it('of both caches: the platform comes up with an empty one, and says so', async () => {
    const junk = "for each in /data/redis/appendonlydir/*.incr.aof; do printf 'no command' >> $each; done";
    await Promise.all(['redis-a', 'redis-b'].map((host) => whileDown(host, 'redis', junk)));
    const { warnings, steps } = await shared.json<{ warnings: string[]; steps: Step[] }>('up');
    expect(steps.filter((step) => step.do === 'repair')).toHaveLength(2);
    expect(warnings.join()).toMatch(/the cache begins empty/);
    await crm.login();
  });

  const damages: [string, string][] = [
    ['its log is empty', 'for each in /data/postgres/main/pg_wal/0*; do : > $each; done'],
    ['its control file is empty', ': > /data/postgres/main/global/pg_control'],
  ];
  it.each(isLong ? damages : damages.slice(0, 1))(
    'of the database’s standby, where %s: it is copied anew',
    async (_what, damage) => {
      const before = await shared.healthy();
      const standby = standbyOf(before);
      await whileDown(standby, 'patroni', damage);
      await told('DATABASE_DAMAGED', standby);
      expect(await repairs()).toMatchObject([{ host: standby, part: 'database' }]);
      const after = await shared.healthy();
      expect(after.database.primary).toBe(before.database.primary);
      await expect.poll(() => on(standby, 'ls /data/postgres'), { timeout: 30_000 }).not.toMatch(/replaced/);
    },
  );

  long('of a read replica whose log is kept nowhere any more: it is copied anew', async () => {
    const { database } = await shared.healthy();
    const primary = database.primary ?? '';
    await on('replica-a', endService('patroni', 30).join('\n'));
    // As after half an hour: Patroni has let go of the replica's slot. 128 MB are kept all the same.
    await psql(
      primary,
      'CREATE TABLE junk AS SELECT g, repeat(md5(g::text), 30) FROM generate_series(1, 300000) g',
      "SELECT pg_drop_replication_slot('replica_a')",
      ...['SELECT pg_switch_wal()', 'CHECKPOINT', 'SELECT pg_switch_wal()', 'CHECKPOINT', 'DROP TABLE junk'],
    );
    await on('replica-a', 'sv up /run/service/patroni');
    expect((await told('DATABASE_DAMAGED', 'replica-a')).text).toMatch(/kept nowhere any more/);
    expect(await repairs()).toMatchObject([{ host: 'replica-a', part: 'database' }]);
    await shared.healthy();
  });

  long('of the primary, a page: it is told with its place, and mended by a failover and a new copy', async () => {
    const { database } = await shared.healthy();
    const primary = database.primary ?? '';
    await psql(
      primary,
      'CREATE EXTENSION IF NOT EXISTS pg_buffercache',
      "CREATE TABLE checked AS SELECT 1 AS n, repeat('x', 500) AS t",
      'CHECKPOINT',
    );
    await psql(
      primary,
      "SELECT pg_buffercache_evict(bufferid) FROM pg_buffercache WHERE relfilenode = pg_relation_filenode('checked')",
    );
    const file = await psql(primary, "SELECT pg_relation_filepath('checked')");
    await on(primary, `printf Q | dd of=/data/postgres/main/${file} bs=1 seek=8000 conv=notrunc`);
    await expect(psql(primary, 'SELECT t FROM checked')).rejects.toThrow(/invalid page in block 0/);
    const { text } = await told('DATABASE_CHECKSUM', primary);
    expect(text).toContain(`last block 0 of relation ${file}`);
    // The standby has files of its own.
    await shared.json('failover', 'database');
    await shared.json('repair', primary, '--force');
    const after = await shared.healthy();
    expect(after.database.primary).not.toBe(primary);
    expect(await psql(primary, 'SELECT length(t) FROM checked')).toBe('500');
    await psql(after.database.primary ?? '', 'DROP TABLE checked');
  });

  it('are given up on demand, but for a primary’s, and where there are some', async () => {
    const { database, cache } = await shared.healthy();
    for (const [host, why] of [
      [database.primary, 'it is the primary'],
      [cache.primary, 'it is the primary'],
      ['lb-a', 'has no data'],
      ['nobody', 'there is no host "nobody"'],
    ] as const) {
      const { code, stderr } = await shared.run('repair', host ?? '', '--force');
      expect({ host, code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(why) });
    }
    const nothing = await shared.run('repair');
    expect(nothing).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Nothing on any host is known to be damaged/),
    });
    const { repairs: done } = await shared.json<{ repairs: { host: string }[] }>('repair', 'replica-b', '--force');
    expect(done.map(({ host }) => host)).toEqual(['replica-b']);
  });
});

describe('etcd', () => {
  const ETCDCTL =
    'etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/sbmcrm/etcd/ca.crt --cert=/etc/sbmcrm/etcd/server.crt --key=/etc/sbmcrm/etcd/server.key';

  it('is full: the primary keeps its role, and `up` makes room once somebody has deleted what is not the platform’s', async () => {
    const { database } = await shared.healthy();
    // Half a megabyte each, until it takes no more.
    const said = await on(
      'quorum-a',
      `head -c 500000 /dev/zero | tr '\\0' x > /tmp/value; n=0
       while [ $n -lt 300 ]; do n=$((n + 1)); ${ETCDCTL} put /junk/$n < /tmp/value > /tmp/said 2>&1 || break; done; cat /tmp/said; rm /tmp/value`,
    );
    expect(said).toMatch(/database space exceeded/);
    await shared.until('etcd is full', ({ problems }) => problems.some(({ code }) => code === 'ETCD_FULL'));
    const refused = await shared.up();
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/\d+ of them begin with \/junk\//) });
    const during = await shared.status();
    expect(during.database.primary).toBe(database.primary);
    await crm.createCustomer();
    await on('quorum-a', `${ETCDCTL} del --prefix /junk/`);
    const { steps } = await shared.json<{ steps: Step[] }>('up');
    expect(steps.filter((step) => step.do !== 'make-room')).toEqual([]);
    expect((await shared.healthy()).database.primary).toBe(database.primary);
  });

  it('lost the platform’s keys: the same primary goes on', async () => {
    const { database } = await shared.healthy();
    await on('quorum-a', `${ETCDCTL} del --prefix /sbmcrm/`);
    await crm.login();
    const after = await shared.until(
      'all members are known again',
      (status) =>
        status.state === 'healthy' && status.database.members.every(({ state }) => state === 'running') && status,
    );
    expect(after.database.primary).toBe(database.primary);
    expect(after.database.members.map(({ timeline }) => timeline)).toEqual(
      database.members.map(({ timeline }) => timeline),
    );
  });
});
