import { effectiveMaxConnections, LOOP_WAIT } from '@sbmcrm/spec/derived';
import { hostsInRole, hostsWith, PORTS, type Topology } from '@sbmcrm/topology';
import { CONFIG_DIR, DATA_DIR, type RenderContext, runScript, type ServiceBundle } from '../common/context.ts';
import { toYaml } from '../common/yaml.ts';
import { etcdClientFiles, etcdEndpoints } from '../etcd/config.ts';
import { GUARD_PIPE, makePipe, SAFETY_MARGIN_MS } from '../guard/config.ts';
import { bootstrapScript, bootstrapSql, roleCallback } from './bootstrap.ts';
import { COPY_METHOD, COPY_PATH, copyScript } from './copy.ts';
import { leadLines } from './hold/by-hand.ts';
import {
  BIN_DIR,
  CLUSTER_NAME,
  DATABASE_AGENT,
  DATABASE_NAME,
  DATABASE_SERVER,
  DATABASE_USER,
  MONITOR_USER,
  PATRONI_API_USER,
  PG_DATA,
  PG_SOCKET_DIR,
  REPLICATION_USER,
  REWIND_USER,
  SUPERUSER,
} from './names.ts';
import { rewindScript } from './rewind.ts';
import { LOGINS_FILE, loginsSql } from './roles.ts';
import { etcdFunction, forgetCutShortBootstrap, forgetCutShortCopy, lastPrimaryFirst } from './start.ts';

/** Whether no write is acknowledged before a standby has it. */
const isSync = ({ spec }: Pick<RenderContext, 'spec'>) => spec.database.replicationMode === 'sync';
const REWIND = `${CONFIG_DIR}/postgres/rewind.sh`;

/** Of its log a primary keeps at most so much for a follower that is away, in bytes. */
export const MOST_HELD_BYTES = 2 * 1024 ** 3;

/** Eight read replicas and the standby, each streaming or being copied (a copy takes two), and one in eight to spare. */
const MOST_FOLLOWERS = 20;

/** The host's own users that are the superuser in `postgres`. */
const OWN_USERS = 'own';

const seconds = (milliseconds: number) => Math.round(milliseconds / 1000);

/**
 * PostgreSQL's buffers: a quarter of the memory of a database host, as its documentation advises to begin with, in steps of 16 MB.
 *
 * @see https://www.postgresql.org/docs/17/runtime-config-resource.html#GUC-SHARED-BUFFERS
 */
export function sharedBuffersMb(topology: Topology): number {
  const least = Math.min(...hostsInRole(topology, 'database', 'read-replica').map((host) => host.size.memory));
  return Math.max(1, Math.floor(least / 4 / (16 * 1024 ** 2))) * 16;
}

/**
 * Patroni's cluster-wide configuration, kept in etcd: written at bootstrap and patched by `up` when the spec changes.
 */
export function patroniDynamicConfig({
  spec,
  topology,
}: Pick<RenderContext, 'spec' | 'topology'>): Record<string, unknown> {
  const sync = isSync({ spec });
  return {
    // The lease. Patroni refuses less than 20 s; what is faster comes from fencing, not from a shorter lease.
    ttl: seconds(spec.database.leaseTtl),
    loop_wait: seconds(LOOP_WAIT),
    // How long etcd may be silent before a primary steps down; loop_wait + 2 × retry_timeout must stay within ttl.
    retry_timeout: 5,
    maximum_lag_on_failover: 1024 * 1024,
    // Sync: the standby has every acknowledged write, so a crashed primary is replaced at once. Async: a restart in
    // place keeps the writes that the standby has not got yet, so it is given the first ten seconds.
    primary_start_timeout: sync ? 0 : 10,
    // With etcd wholly away the primary goes on as long as it reaches every other member.
    failsafe_mode: true,
    check_timeline: true,
    synchronous_mode: sync,
    // When the last synchronous standby is gone the primary goes on alone; `status` then says protected: false.
    synchronous_mode_strict: false,
    synchronous_node_count: 1,
    postgresql: {
      use_pg_rewind: true,
      // A synchronous standby has every acknowledged write. Else there may be the only copy of some: see rewind.ts.
      remove_data_directory_on_rewind_failure: sync,
      remove_data_directory_on_diverged_timelines: sync,
      use_slots: true,
      parameters: {
        max_connections: effectiveMaxConnections(spec),
        // Enough for the most replicas that a spec may have, and a copy being made for each: more of them needs no restart.
        max_wal_senders: MOST_FOLLOWERS,
        max_replication_slots: MOST_FOLLOWERS,
        wal_level: 'replica',
        hot_standby: 'on',
        hot_standby_feedback: 'on',
        // Patroni's own default. A rewind copies all WAL that the new primary keeps, while that works on its backlog.
        wal_keep_size: '128MB',
        // A standby that never returns must not fill the primary's disk; past this it is rebuilt.
        max_slot_wal_keep_size: `${MOST_HELD_BYTES / 1024 ** 2}MB`,
        // A silent standby would stall synchronous commits for the default 60 s.
        wal_sender_timeout: '4s',
        wal_receiver_timeout: '5s',
        wal_receiver_status_interval: '1s',
        wal_retrieve_retry_interval: '500ms',
        // Notice clients that vanished without a word.
        tcp_keepalives_idle: 5,
        tcp_keepalives_interval: 1,
        tcp_keepalives_count: 3,
        tcp_user_timeout: '5s',
        // … also while a statement of theirs runs: nobody wants its answer.
        client_connection_check_interval: '2s',
        password_encryption: 'scram-sha-256',
        shared_buffers: `${sharedBuffersMb(topology)}MB`,
        max_wal_size: '512MB',
        // After a crash all of a server's files are made sure of, one by one: on a disk of its own, all at once.
        recovery_init_sync_method: 'syncfs',
        // Which statements take the time: for who watches.
        shared_preload_libraries: 'pg_stat_statements',
        // Others hold passwords' hashes.
        'pg_stat_statements.track_utility': 'off',
        jit: 'off',
        logging_collector: 'off',
        log_destination: 'stderr',
        log_connections: 'off',
        log_checkpoints: 'off',
        // Statements may carry customers' data: errors are logged without the values bound to them.
        log_parameter_max_length_on_error: 0,
      },
    },
  };
}

/** Who may connect from where: members of the cluster for replication, the application for its own database, all by SCRAM. */
export function hbaRules({ topology }: Pick<RenderContext, 'topology'>): string[] {
  const members = hostsWith(topology, 'patroni').map((host) => `${host.address}/32`);
  return [
    // Patroni and who works in the host need no password: while one is changed, or wrong, the database is still run.
    `local postgres ${SUPERUSER} peer map=${OWN_USERS}`,
    'local all all scram-sha-256',
    `local replication ${REPLICATION_USER} scram-sha-256`,
    'host all all 127.0.0.1/32 scram-sha-256',
    ...members.flatMap((member) => [
      `host replication ${REPLICATION_USER} ${member} scram-sha-256`,
      `host all ${SUPERUSER},${REWIND_USER} ${member} scram-sha-256`,
    ]),
    `host ${DATABASE_NAME} ${DATABASE_USER} ${topology.network.data.cidr} scram-sha-256`,
    ...hostsWith(topology, 'postgres-exporter').map(
      ({ address }) => `host postgres ${MONITOR_USER} ${address}/32 scram-sha-256`,
    ),
  ];
}

/** Patroni's file on one database host. */
export function patroniConfig(context: RenderContext): string {
  const { topology, host, secrets } = context;
  const isReplica = host.role === 'read-replica';
  const account = (username: string, password: string) => ({ username, password });
  return toYaml({
    scope: CLUSTER_NAME,
    namespace: `/${topology.platform}/`,
    name: host.name,
    log: { level: 'INFO', format: '%(levelname)s %(message)s' },
    restapi: {
      listen: `0.0.0.0:${PORTS.patroni}`,
      connect_address: `${host.address}:${PORTS.patroni}`,
      authentication: account(PATRONI_API_USER, secrets.patroniApi),
    },
    ctl: { authentication: account(PATRONI_API_USER, secrets.patroniApi) },
    etcd3: {
      hosts: etcdEndpoints(context),
      protocol: 'https',
      cacert: `${CONFIG_DIR}/etcd-client/ca.crt`,
      cert: `${CONFIG_DIR}/etcd-client/client.crt`,
      key: `${CONFIG_DIR}/etcd-client/client.key`,
    },
    // Only the spec's first primary may create the cluster: without this block a member waits for a leader.
    ...(host.initiallyActive
      ? {
          bootstrap: {
            dcs: patroniDynamicConfig(context),
            initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums'],
            post_bootstrap: `${CONFIG_DIR}/postgres/bootstrap.sh`,
          },
        }
      : {}),
    postgresql: {
      listen: `0.0.0.0:${PORTS.postgres}`,
      connect_address: `${host.address}:${PORTS.postgres}`,
      data_dir: PG_DATA,
      bin_dir: BIN_DIR,
      ...(isSync(context) ? {} : { bin_name: { pg_rewind: REWIND } }),
      pgpass: '/run/postgresql/pgpass',
      use_unix_socket: true,
      use_unix_socket_repl: true,
      authentication: {
        superuser: account(SUPERUSER, secrets.postgresSuperuser),
        replication: account(REPLICATION_USER, secrets.postgresReplication),
        rewind: account(REWIND_USER, secrets.postgresRewind),
      },
      parameters: { unix_socket_directories: PG_SOCKET_DIR },
      pg_hba: hbaRules(context),
      pg_ident: ['postgres', 'root'].map((user) => `${OWN_USERS} ${user} ${SUPERUSER}`),
      callbacks: {
        on_start: `${CONFIG_DIR}/postgres/role.sh`,
        on_role_change: `${CONFIG_DIR}/postgres/role.sh`,
      },
      create_replica_methods: [COPY_METHOD],
      // It puts aside itself what lies there.
      [COPY_METHOD]: { command: COPY_PATH, keep_data: true },
    },
    // The guard is told of each renewal of the lease; without it this host does not lead.
    watchdog: isReplica
      ? { mode: 'off' }
      : { mode: 'required', driver: 'testing', device: GUARD_PIPE, safety_margin: seconds(SAFETY_MARGIN_MS) },
    // A read replica serves reads; it is never promoted and never the synchronous standby.
    tags: { nofailover: isReplica, nosync: isReplica, noloadbalance: false, clonefrom: false },
  });
}

/** Patroni with its PostgreSQL on a database or replica host. */
export function postgresService(context: RenderContext): ServiceBundle {
  const { host, secrets } = context;
  return {
    name: DATABASE_AGENT,
    reload: 'HUP',
    child: { name: DATABASE_SERVER, pidFile: '/postgres/main/postmaster.pid', command: 'postgres' },
    run: runScript(
      `install -d -o postgres -g postgres -m 0700 ${DATA_DIR}/postgres`,
      `install -d -o postgres -g postgres -m 0755 ${PG_SOCKET_DIR}`,
      ...(host.role === 'read-replica' ? [] : makePipe()),
      ...forgetCutShortCopy(),
      etcdFunction(context),
      ...(host.initiallyActive ? forgetCutShortBootstrap(context) : []),
      ...(host.role === 'database' && !isSync(context) ? lastPrimaryFirst(context) : []),
      ...(host.role === 'database' ? leadLines(context) : [`config=${CONFIG_DIR}/postgres/patroni.yml`]),
      'exec chpst -u postgres patroni $config',
    ),
    files: [
      { path: 'postgres/patroni.yml', content: patroniConfig(context), owner: 'postgres', mode: 0o600 },
      { path: 'postgres/bootstrap.sh', content: bootstrapScript(), owner: 'postgres', mode: 0o700 },
      { path: 'postgres/copy.sh', content: copyScript(context), owner: 'postgres', mode: 0o700 },
      { path: 'postgres/role.sh', content: roleCallback(PG_DATA), owner: 'postgres', mode: 0o700 },
      ...(isSync(context)
        ? []
        : ([{ path: 'postgres/rewind.sh', content: rewindScript(), owner: 'postgres', mode: 0o700 }] as const)),
      { path: 'postgres/bootstrap.sql', content: bootstrapSql(), owner: 'postgres', mode: 0o600 },
      { path: LOGINS_FILE, content: loginsSql(secrets), owner: 'postgres', mode: 0o600 },
      ...etcdClientFiles(context, 'postgres'),
    ],
  };
}
