/**
 * What an API server costs without anything for high availability: Fastify, pg and the same SQL, sessions and limits, but no waiting
 * room, deadlines, retries, bounded replicas or breakers. `bench:api` runs it on an API server's host, beside the real one and with
 * that host's copy of the code.
 */
import { createHash, randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import type pg from 'pg';
import { summarize } from '../../apps/api/src/analytics/store.ts';
import { parseConfig, withSecretsFile } from '../../apps/api/src/config.ts';
import { findCustomer } from '../../apps/api/src/customers/store.ts';
import { databasePasswords, primaryOptions, replicaOptions } from '../../apps/api/src/db/options.ts';
import { requestHash } from '../../apps/api/src/http/idempotency.ts';
import { validate } from '../../apps/api/src/http/validation.ts';
import { newEntry } from '../../apps/api/src/points/schema.ts';
import { bookAtOnce } from '../../apps/api/src/points/store.ts';
import { Passwords } from '../../apps/api/src/resilience/passwords.ts';
import { createPool, timed } from '../../apps/api/src/resilience/primary/pools.ts';
import type { Query } from '../../apps/api/src/resilience/primary/transact.ts';
import { newTransfer } from '../../apps/api/src/transfers/schema.ts';
import { transferPoints } from '../../apps/api/src/transfers/store.ts';

const PORT = 8099;
const BODY_LIMIT = 64 * 1024;
const STATEMENT_MS = 6000;
/** As long as the real one believes what it knows of a session. */
const SESSION_MS = 2000;
const POSITION = 'SELECT pg_current_wal_insert_lsn()::text AS lsn';

const config = parseConfig(withSecretsFile(process.env));
const passwords = new Passwords(databasePasswords(config));
const { server: onPrimary } = primaryOptions(config, passwords);
const primary = createPool(onPrimary);
const replicas = createPool(replicaOptions(config, passwords) ?? onPrimary);
const server = Fastify({ bodyLimit: BODY_LIMIT });

function queryOn(on: pg.Pool | pg.PoolClient): Query {
  return (async (text: string, values: readonly unknown[] = []) => {
    const { rows } = await on.query(timed(text, values, STATEMENT_MS));
    return rows;
  }) as Query;
}

async function position(): Promise<string> {
  const { rows } = await primary.query<{ lsn: string }>(POSITION);
  return rows[0]?.lsn ?? '';
}

const sessions = new Map<string, { userId: string; untilMs: number }>();

async function userOf(cookie = ''): Promise<string> {
  const token = /sbmcrm_session=([^;]*)/.exec(cookie)?.[1] ?? '';
  const known = sessions.get(token);
  if (known && known.untilMs > performance.now()) return known.userId;
  const [row] = await queryOn(primary)<{ id: string }>(
    `SELECT u.id, u.email, u.role, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.token_hash = $1 AND s.expires_at > now()`,
    [createHash('sha256').update(token).digest()],
  );
  if (!row) throw Object.assign(new Error('no session'), { statusCode: 401 });
  sessions.set(token, { userId: row.id, untilMs: performance.now() + SESSION_MS });
  return row.id;
}

interface Params {
  id: string;
}

server.get<{ Params: Params }>('/api/v1/customers/:id', async ({ headers, params }) => {
  await userOf(headers.cookie);
  return { data: await findCustomer(queryOn(replicas), params.id) };
});

server.post<{ Params: Params }>(
  '/api/v1/customers/:id/points',
  async ({ headers, params, body, method, url }, reply) => {
    const userId = await userOf(headers.cookie);
    const booking = { id: randomUUID(), customerId: params.id, userId, entry: validate(newEntry, body) };
    const key = String(headers['idempotency-key']);
    const { text, values } = bookAtOnce({ userId, key, hash: requestHash(method, url, body) }, booking);
    const [row] = await queryOn(primary)<{ status: number; body: string }>(text, values);
    return reply
      .code(row?.status ?? 500)
      .header('x-read-after', await position())
      .type('application/json')
      .send(row?.body);
  },
);

server.post('/api/v1/transfers', async ({ headers, body, method, url }, reply) => {
  const userId = await userOf(headers.cookie);
  const transfer = validate(newTransfer, body);
  const key = headers['idempotency-key'];
  const client = await primary.connect();
  try {
    const query = queryOn(client);
    await query('BEGIN');
    const hash = requestHash(method, url, body);
    const insert =
      'INSERT INTO idempotency_keys (user_id, key, request_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING key';
    await query(insert, [userId, key, hash]);
    const data = await transferPoints(query, { id: randomUUID(), userId, transfer });
    const answer = JSON.stringify({ data });
    const update = 'UPDATE idempotency_keys SET status = $3, body = $4 WHERE user_id = $1 AND key = $2';
    await query(update, [userId, key, 201, answer]);
    const results = (await client.query(`COMMIT; ${POSITION}`)) as unknown as pg.QueryResult<{ lsn: string }>[];
    return reply
      .code(201)
      .header('x-read-after', results[1]?.rows[0]?.lsn ?? '')
      .type('application/json')
      .send(answer);
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
});

server.get<{ Querystring: { from: string; to: string } }>('/api/v1/analytics/summary', async ({ headers, query }) => {
  await userOf(headers.cookie);
  return { data: await summarize(queryOn(replicas), query) };
});

await server.listen({ host: config.HOST, port: PORT });
console.log('ready');
