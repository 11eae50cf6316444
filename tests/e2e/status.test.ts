import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StatePaths } from '@sbmcrm/local';
import { type PlatformStatus, readSecrets } from '@sbmcrm/platform';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { CrmClient } from './crm.ts';
import { shared, TestPlatform, unwatched } from './platform.ts';

const crm = new CrmClient(shared);
const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-status-'));
let customer = '';

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  await crm.login();
  customer = await crm.createCustomer();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secrets = () => readSecrets(new StatePaths(shared.state));

/** One query as superuser, through the database host's own Unix socket. */
async function superuser(host: string, sql: string): Promise<string> {
  const url = `host=/run/postgresql user=postgres dbname=sbmcrm_production password=${secrets().postgresSuperuser}`;
  const { code, stdout, stderr } = await shared.run('exec', host, '--', 'psql', url, '-XAtc', sql);
  if (code !== 0) throw new Error(`${sql} on ${host}: ${stderr}`);
  return stdout.trim();
}

async function primary(): Promise<PlatformStatus['hosts'][number]> {
  const { database, hosts } = await shared.status();
  const found = hosts.find((host) => host.name === database.primary);
  if (!found) throw new Error('there is no primary');
  return found;
}

/** What undoes a condition; filled before each of its steps, so that all is undone also when the next one fails. */
type Undo = (() => Promise<unknown>)[];

/** Ends the application's sessions. */
const endSessions = (host: string) =>
  superuser(host, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sbmcrm'");

/** Holds connections to the primary as the application's user. */
class Holder {
  readonly #clients: pg.Client[] = [];
  readonly #address: string;
  #released = false;

  constructor(address: string) {
    this.#address = address;
  }

  /** Takes every ordinary connection that is free, several at a time. */
  async takeAll(): Promise<void> {
    await Promise.all(Array.from({ length: 8 }, () => this.#take()));
  }

  async #take(): Promise<void> {
    while (!this.#released) {
      const client = new pg.Client({
        host: this.#address,
        user: 'sbmcrm',
        database: 'sbmcrm_production',
        password: secrets().postgresApplication,
        application_name: 'holder',
      });
      client.on('error', () => {});
      try {
        this.#clients.push(client);
        await client.connect();
      } catch (error) {
        this.#clients.splice(this.#clients.indexOf(client), 1);
        if ((error as { code?: string }).code === '53300') return;
        throw error;
      }
    }
  }

  async release(): Promise<void> {
    this.#released = true;
    await Promise.all(this.#clients.map((client) => client.end().catch(() => {})));
  }
}

interface Condition {
  /** Makes it bite. @returns the platform as a user looks at it now */
  bite(undo: Undo): Promise<TestPlatform>;
  reasons: RegExp[];
  /** Whether a write through the entry still works. */
  writes: boolean;
  /** Like another one but for its words: `npm test -- long` has it. */
  isLong?: boolean;
}

const CONDITIONS: Record<string, Condition> = {
  "a full disk of the primary's, with nobody to take over": {
    isLong: true,
    bite: async (undo) => {
      const { name } = await primary();
      const standby = (await shared.healthy()).database.members.find(({ role }) => role === 'standby')?.name ?? '';
      undo.push(() => shared.json('fault', 'clear', 'all'));
      await shared.json('fault', 'inject', 'stop', standby);
      await shared.json('fault', 'inject', 'fill', name);
      // Pages that are there take some more rows, and who finds none waits at first: somebody might take over.
      await eventually('a write is refused', async () => {
        const email = `${crypto.randomUUID()}@example.com`;
        const answer = await crm.call('POST', '/api/v1/customers', { name: 'x'.repeat(200), email });
        if (answer.status === 201) return undefined;
        expect(answer).toMatchObject({ status: 503, body: { error: { code: 'DATABASE_FULL' } } });
        return true;
      });
      return shared;
    },
    reasons: [
      /^a write through http:\S+ was answered 503 DATABASE_FULL \(disk full\)$/m,
      /^sbmcrm-api-0\d answers 503 at \/health: database: answers, but takes no writes: disk full \(53100\)$/m,
    ],
    writes: false,
  },
  'another password of the application': {
    bite: async (undo) => {
      const { name } = await primary();
      undo.push(() => superuser(name, `ALTER ROLE sbmcrm PASSWORD '${secrets().postgresApplication}'`));
      await superuser(name, "ALTER ROLE sbmcrm PASSWORD 'another'");
      await endSessions(name);
      return shared;
    },
    reasons: [
      /^sbmcrm-api-01 answers 503 at \/health: database: login refused \(28P01\)$/m,
      /^sbmcrm-api-02 answers 503 at \/health: database: login refused \(28P01\)$/m,
      /^a write through http:\S+ was not acknowledged within 2\.5 s$/m,
    ],
    writes: false,
  },
  // By a limit of the role: what is taken from a full server is free again whenever a session of Patroni's ends.
  'want of connections': {
    bite: async (undo) => {
      const { name } = await primary();
      undo.push(() => superuser(name, 'ALTER ROLE sbmcrm CONNECTION LIMIT -1'));
      await superuser(name, 'ALTER ROLE sbmcrm CONNECTION LIMIT 0');
      await endSessions(name);
      return shared;
    },
    reasons: [
      /^sbmcrm-api-01 answers 503 at \/health: database: out of connections \(53300\)$/m,
      /^sbmcrm-api-02 answers 503 at \/health: database: out of connections \(53300\)$/m,
      /^a write through http:\S+ was not acknowledged within 2\.5 s$/m,
    ],
    writes: false,
    isLong: true,
  },
  // Patroni takes a pause of the replay back within a second, so the process that replays is stopped.
  'a replica whose replay stands still while writes go on': {
    bite: async (undo) => {
      const process = await superuser('replica-a', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'");
      const signal = (name: string) => shared.run('exec', 'replica-a', '--', 'kill', `-${name}`, process);
      undo.push(() => signal('CONT'));
      expect((await signal('STOP')).code).toBe(0);
      await eventually('the replica is as far behind as the spec allows', async () => {
        await crm.earn(customer, 1);
        const sql =
          "SELECT now() - pg_last_xact_replay_timestamp() > '10 s' AND pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()";
        return (await superuser('replica-a', sql)) === 't';
      });
      return shared;
    },
    reasons: [/^replica-a is \d\d+ s behind$/m],
    writes: true,
  },
  'a health path that leads nowhere': {
    bite: async (undo) => {
      const spec = join(folder, 'path.yaml');
      writeFileSync(spec, unwatched('platform: sbmcrm\nloadBalancer: { healthCheck: { path: /healthz } }'));
      const platform = new TestPlatform({ ...shared, spec });
      undo.push(() => shared.up());
      const { warnings } = await platform.json<{ warnings: string[] }>('up');
      expect(warnings.join('\n')).toMatch(
        /^sbmcrm-api-01 answers 404 at \/healthz \(loadBalancer\.healthCheck\.path\)/m,
      );
      return platform;
    },
    reasons: [
      /^sbmcrm-api-01 answers 404 at \/healthz \(loadBalancer\.healthCheck\.path\)$/m,
      /^sbmcrm-api-02 answers 404 at \/healthz \(loadBalancer\.healthCheck\.path\)$/m,
    ],
    writes: true,
  },
};

describe('status is not healthy', () => {
  it.each(Object.entries(CONDITIONS).filter(([, { isLong }]) => !isLong || process.env.SBMCRM_LONG))(
    'with %s, says why, and is healthy again afterwards',
    async (_what, condition) => {
      const undo: Undo = [];
      try {
        const platform = await condition.bite(undo);
        // One look, however soon: it ends within seconds by its own bounds.
        const { code, stdout } = await platform.run('status', '--json');
        const status = JSON.parse(stdout) as PlatformStatus;
        expect({ code, state: status.state }).toEqual({ code: 3, state: 'degraded' });
        if (condition.writes) await platform.until('the canary works', ({ canary }) => canary?.ok);
        else expect(status.canary?.ok).toBe(false);
        for (const reason of condition.reasons) {
          await platform.until(`status says ${reason}`, ({ reasons }) => reason.test(reasons.join('\n')));
        }
      } finally {
        for (const step of undo.reverse()) await step().catch((error: Error) => console.error(error.message));
      }
      await shared.healthy();
      await crm.earn(customer, 1);
    },
  );
});

describe('a server without a connection to spare', () => {
  it('goes on over those that the application has, and is not taken for a dead one', async () => {
    const { address } = await primary();
    const holder = new Holder(address);
    // Each API server has connections that are open and idle.
    await Promise.all(Array.from({ length: 8 }, () => crm.earn(customer, 1)));
    try {
      await holder.takeAll();
      await Promise.all(Array.from({ length: 40 }, () => crm.earn(customer, 1)));
      const { reasons } = await shared.until('the canary works', (status) => status.canary?.ok && status);
      expect(reasons.join('\n')).not.toContain('no primary');
    } finally {
      await holder.release();
    }
    await shared.healthy();
  });
});

describe('the canary', () => {
  it('keeps one session and one row, however often one looks, and leaves the customers alone', async () => {
    const { name } = await primary();
    const counts = () =>
      superuser(
        name,
        'SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM canary), (SELECT count(*) FROM customers)',
      );
    await shared.status();
    const before = await counts();
    const written = () => superuser(name, 'SELECT sum(count) FROM canary');
    const first = Number(await written());
    await Promise.all(Array.from({ length: 3 }, () => shared.status()));
    expect(await counts()).toBe(before);
    expect(Number(await written())).toBe(first + 3);
  });
});
