import pg from 'pg';
import type { ServerOptions } from '../options.ts';
import { clientWith } from './login.ts';

/** No statement of ours takes long; one that does is on a server in trouble, and is run again. */
export const STATEMENT_TIMEOUT_MS = 5000;
/** Longer than the server's own limit, so that only a silent server or network runs into it. */
export const CLIENT_TIMEOUT_MS = 6000;
/** A row or a key that another transaction holds for longer is waited for outside of a connection. */
const LOCK_TIMEOUT_MS = 2000;
/** A process that was stopped in the middle of a transaction must not keep its locks. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5000;

/** The options of one connection but for its password, see {@link clientWith}. */
export function connectionOptions(server: ServerOptions): pg.ClientConfig {
  return {
    host: server.host,
    port: server.port,
    database: server.database,
    user: server.user,
    application_name: server.applicationName,
    connectionTimeoutMillis: server.connectionTimeoutMs,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: CLIENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
  };
}

/** A pool with the bounds that it is given. */
export function createPool(server: ServerOptions, onConnect?: (client: pg.ClientBase) => Promise<void>): pg.Pool {
  const pool = new pg.Pool({
    Client: clientWith(server.passwords),
    ...connectionOptions(server),
    max: server.max,
    min: server.min,
    idleTimeoutMillis: server.idleTimeoutMs,
    ...(onConnect ? { onConnect } : {}),
  });
  // An idle connection broke: the pool has dropped it already, and without a listener the process would end.
  pool.on('error', () => {});
  return pool;
}

/** Texts of statements that servers keep prepared; those beyond are parsed and planned each time. */
const MOST_PREPARED = 100;
const names = new Map<string, string>();

/** A name for a text that comes with values, the same each time: the server then parses and plans it once a connection. */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MOST_PREPARED) return known;
  const name = `s${names.size + 1}`;
  names.set(text, name);
  return name;
}

/**
 * A statement with the driver's own time-out, which @types/pg does not know. One with values is prepared, and so the same text each time;
 * any other one, such as the COMMIT that may wait for a standby, says whose it is.
 *
 * @param requestId a UUID, see {@link https://google.github.io/sqlcommenter/spec/}
 */
export function timed(
  statement: string,
  values: readonly unknown[],
  milliseconds: number,
  requestId?: string,
): pg.QueryConfig<unknown[]> {
  const name = values.length > 0 ? nameOf(statement) : undefined;
  const text = values.length > 0 || requestId === undefined ? statement : `${statement} /*request_id='${requestId}'*/`;
  const query = { text, values: [...values], query_timeout: milliseconds, ...(name === undefined ? {} : { name }) };
  return query;
}
