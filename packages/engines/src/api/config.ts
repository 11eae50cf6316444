import { dirname } from 'node:path/posix';
import { worstFailover } from '@sbmcrm/spec/derived';
import { PORTS, PRIMARY_NAME, REPLICA_NAME } from '@sbmcrm/topology';
import { CODE_DIR, CONFIG_DIR, type RenderContext, runScript, type ServiceBundle } from '../common/context.ts';
import { DATABASE_NAME, DATABASE_USER } from '../postgres/names.ts';
import { sentinelHosts } from '../redis/config.ts';
import { REDIS_MASTER_NAME } from '../redis/names.ts';

/** Below {@link CONFIG_DIR}. */
const SECRETS = 'api/secrets.json';
/** Where the application reads them. */
const READ_SECRETS = '/run/api/secrets.json';
/** Unprivileged user of the application; it has no entry in the image's passwd and owns nothing. */
const APPLICATION_UID = 1000;

/**
 * A bound on the heap. Requests that wait in an outage outlive young generations that are small, and the old generation is then
 * collected while their backlog is worked on: V8's workers took three times as much of the machine with 2 MB as with 16 MB (`perf`
 * during the drill `database-paused`).
 */
const NODE_FLAGS = '--max-old-space-size=192 --max-semi-space-size=16';

/** The application's environment: the guide's names where the guide has them. What is secret is in a file, see {@link apiSecrets}. */
export function apiEnvironment({ spec, topology, host }: Omit<RenderContext, 'secrets'>): Record<string, string> {
  const { pool } = spec.database;
  const { externalApis, hold, port } = spec.application;
  return {
    NODE_ENV: 'production',
    // One arena less for each thread of libuv's pool: 20 MB an instance, at no measurable cost.
    MALLOC_ARENA_MAX: '2',
    INSTANCE_NAME: host.name,
    HOST: host.address,
    PORT: String(port),
    SECRETS_FILE: READ_SECRETS,
    AGENT_PORT: String(PORTS.agent),
    DB_PRIMARY_HOST: PRIMARY_NAME,
    DB_REPLICA_HOST: REPLICA_NAME,
    DB_PORT: String(PORTS.postgres),
    DB_NAME: DATABASE_NAME,
    DB_USER: DATABASE_USER,
    DB_POOL_MAX: String(pool.max),
    DB_POOL_MIN: String(pool.min),
    DB_POOL_IDLE_TIMEOUT_MS: String(pool.idleTimeout),
    DB_POOL_CONNECTION_TIMEOUT_MS: String(pool.connectionTimeout),
    REDIS_SENTINELS: sentinelHosts(topology)
      .map((sentinel) => `${sentinel.address}:${PORTS.sentinel}`)
      .join(','),
    REDIS_MASTER_NAME,
    EXTERNAL_APIS: JSON.stringify(externalApis.map(({ name, url, timeout }) => ({ name, url, timeoutMs: timeout }))),
    HOLD_DEADLINE_MS: String(hold.deadline),
    HOLD_QUEUE: String(hold.queue),
    FAILOVER_WITHIN_MS: String(Math.min(worstFailover(spec), spec.database.automaticFailover.within)),
  };
}

/** What of the application's configuration is secret, by the same names. */
export function apiSecrets({ secrets }: Pick<RenderContext, 'secrets'>): Record<string, string> {
  const { also } = secrets;
  return {
    DB_PASSWORD: secrets.postgresApplication,
    ...(also?.postgresApplication === undefined ? {} : { DB_PASSWORD_OTHER: also.postgresApplication }),
    REDIS_PASSWORD: secrets.redis,
    SENTINEL_PASSWORD: secrets.sentinel,
    ADMIN_EMAIL: secrets.adminEmail,
    ADMIN_PASSWORD: secrets.adminPassword,
  };
}

/** The API server. Its environment comes from files that only root reads; it runs unprivileged. */
export function apiService(context: RenderContext): ServiceBundle {
  const node = `${CODE_DIR}/node_modules/.bin/node`;
  const owner = `-o ${APPLICATION_UID} -g ${APPLICATION_UID}`;
  // The application may not read what root's files hold.
  const copySecrets = [
    `install -d ${owner} -m 0700 ${dirname(READ_SECRETS)}`,
    `install ${owner} -m 0400 ${CONFIG_DIR}/${SECRETS} ${READ_SECRETS}.new`,
    `mv ${READ_SECRETS}.new ${READ_SECRETS}`,
  ];
  const environment = Object.entries(apiEnvironment(context)).map(([name, value]) => ({
    path: `api/env/${name}`,
    content: `${value}\n`,
  }));
  const files = [...environment, { path: SECRETS, content: `${JSON.stringify(apiSecrets(context))}\n` }];
  return {
    name: 'api',
    run: runScript(
      ...copySecrets,
      `cd ${CODE_DIR}`,
      `exec chpst -e ${CONFIG_DIR}/api/env -u :${APPLICATION_UID}:${APPLICATION_UID} ${node} ${NODE_FLAGS} apps/api/src/main.ts`,
    ),
    live: { files: [SECRETS], script: runScript(...copySecrets, 'sv hup /run/service/api') },
    files: files.map((file) => ({ ...file, owner: 'root', mode: 0o600 })),
  };
}
