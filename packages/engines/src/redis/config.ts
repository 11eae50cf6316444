import { dirname } from 'node:path/posix';
import { type Host, hostsInRole, hostsWith, PORTS, type Topology } from '@sbmcrm/topology';
import { CONFIG_DIR, DATA_DIR, type RenderContext, runScript, type ServiceBundle } from '../common/context.ts';
import { REDIS_MASTER_NAME, REDIS_SOCKET } from './names.ts';
import {
  REDIS_PASSWORDS,
  redisPasswords,
  SENTINEL_PASS,
  SENTINEL_PASSWORDS,
  sentinelPasswords,
  TELL_REDIS,
  TELL_SENTINEL,
} from './passwords.ts';

const seconds = (milliseconds: number) => Math.max(1, Math.round(milliseconds / 1000));

/** Hosts with a Sentinel, in topology order. */
export function sentinelHosts(topology: Topology): Host[] {
  return hostsWith(topology, 'sentinel');
}

/** Of its host's memory: Redis copies what changes while it writes a snapshot, and has buffers besides. */
const MEMORY_SHARE = 2 / 3;

/** Bytes of data that Redis keeps at most: the spec's, as far as its host has room for it. */
export function maxMemory({ spec, host }: Pick<RenderContext, 'spec' | 'host'>): number {
  return Math.min(spec.cache.memory, Math.floor(host.size.memory * MEMORY_SHARE));
}

/** Redis' configuration without its role and its passwords: who is master is Sentinel's to say, see {@link redisService}. */
export function redisConfig({ spec, host }: Pick<RenderContext, 'spec' | 'host'>): string {
  const { persistence } = spec.cache;
  return [
    `bind ${host.address} 127.0.0.1`,
    `port ${PORTS.redis}`,
    `unixsocket ${REDIS_SOCKET}`,
    'unixsocketperm 700',
    'protected-mode yes',
    `replica-announce-ip ${host.address}`,
    `dir ${DATA_DIR}/redis`,
    'daemonize no',
    'loglevel notice',
    `maxmemory ${maxMemory({ spec, host })}`,
    // The cache is never the only copy of anything, so the least used key may go.
    'maxmemory-policy allkeys-lru',
    persistence.rdb > 0 ? `save ${seconds(persistence.rdb)} 1` : 'save ""',
    `appendonly ${persistence.aof ? 'yes' : 'no'}`,
    'appendfsync everysec',
    // A master cut off from its standby stops taking writes: two masters in a partition never both accept them.
    'min-replicas-to-write 1',
    'min-replicas-max-lag 5',
    'repl-diskless-sync yes',
    'repl-diskless-sync-delay 0',
    'repl-backlog-size 16mb',
    'repl-timeout 10',
    'repl-ping-replica-period 2',
    // One that has just fetched all from its primary refuses to end before it has written that down: it would be killed half a minute later.
    'shutdown-on-sigterm force',
    'tcp-keepalive 10',
    'maxclients 2000',
    '',
  ].join('\n');
}

/** Sentinel's configuration as it begins, without passwords; Sentinel then keeps what it learns in its own copy. */
export function sentinelConfig({ spec, topology, host }: Omit<RenderContext, 'secrets'>): string {
  const [master] = hostsInRole(topology, 'cache');
  if (!master) throw new Error('a platform with Sentinels needs a cache host');
  const { quorum, downAfter, failoverTimeout } = spec.cache.sentinel;
  return [
    `bind ${host.address} 127.0.0.1`,
    `port ${PORTS.sentinel}`,
    'protected-mode yes',
    `sentinel announce-ip ${host.address}`,
    `dir ${DATA_DIR}/sentinel`,
    'daemonize no',
    `sentinel monitor ${REDIS_MASTER_NAME} ${master.address} ${PORTS.redis} ${quorum}`,
    `sentinel down-after-milliseconds ${REDIS_MASTER_NAME} ${downAfter}`,
    `sentinel failover-timeout ${REDIS_MASTER_NAME} ${failoverTimeout}`,
    `sentinel parallel-syncs ${REDIS_MASTER_NAME} 1`,
    '',
  ].join('\n');
}

/**
 * Redis on a cache host.
 *
 * At every start the host asks the Sentinels who is master now. A returned old master thus comes up as standby at
 * once, instead of as a second master until Sentinel demotes it. Only when no Sentinel answers (the platform's very
 * first start) does the spec's initial role count, or the role that the host had last.
 */
export function redisService(context: RenderContext): ServiceBundle {
  const { topology, host, secrets } = context;
  const [initialMaster] = hostsInRole(topology, 'cache');
  const sentinels = sentinelHosts(topology).map((sentinel) => sentinel.address);
  const conf = `${DATA_DIR}/redis/redis.conf`;
  return {
    name: 'redis',
    run: runScript(
      `install -d -o redis -g redis -m 0700 ${DATA_DIR}/redis ${dirname(REDIS_SOCKET)}`,
      `conf=${conf}`,
      'master=',
      `for sentinel in ${sentinels.join(' ')}; do`,
      `  master=$(REDISCLI_AUTH=$(cat ${CONFIG_DIR}/${SENTINEL_PASS}) timeout 1 redis-cli -h $sentinel -p ${PORTS.sentinel} sentinel get-master-addr-by-name ${REDIS_MASTER_NAME} 2>/dev/null | head -n 1) || master=`,
      '  case $master in *.*.*.*) break ;; *) master= ;; esac',
      'done',
      // No Sentinel answers: the role of last time, or the spec's on an empty disk.
      'if [ -z "$master" ]; then',
      `  if [ -e $conf ]; then master=$(sed -n 's/^replicaof \\([^ ]*\\) .*/\\1/p' $conf)`,
      `  else master=${host.initiallyActive ? '' : (initialMaster?.address ?? '')}; fi`,
      'fi',
      // Made anew each time: Redis rewrites its file at a failover, and what it writes then would outlive the spec.
      `{ echo 'include ${CONFIG_DIR}/redis/redis.conf'; echo 'include ${CONFIG_DIR}/${REDIS_PASSWORDS}'`,
      `  case $master in '' | ${host.address}) ;; *) echo "replicaof $master ${PORTS.redis}" ;; esac; } > $conf.new`,
      'chown redis:redis $conf.new; chmod 0600 $conf.new; mv $conf.new $conf',
      'exec chpst -u redis redis-server $conf',
    ),
    live: { files: [REDIS_PASSWORDS, SENTINEL_PASS], script: TELL_REDIS },
    files: [
      { path: 'redis/redis.conf', content: redisConfig(context), owner: 'redis', mode: 0o600 },
      { path: REDIS_PASSWORDS, content: redisPasswords(context), owner: 'redis', mode: 0o600 },
      { path: SENTINEL_PASS, content: secrets.sentinel, owner: 'root', mode: 0o600 },
    ],
  };
}

/**
 * Sentinel on a quorum host. What Sentinel has learnt (epochs, its own id, who is master, its peers) is kept over a
 * restart; every other line comes from the spec anew.
 */
export function sentinelService(context: RenderContext): ServiceBundle {
  const { spec } = context;
  const learnt = 'sentinel (config-epoch|leader-epoch|current-epoch|known-replica|known-sentinel) ';
  return {
    name: 'sentinel',
    run: runScript(
      `install -d -o redis -g redis -m 0700 ${DATA_DIR}/sentinel`,
      `conf=${DATA_DIR}/sentinel/sentinel.conf`,
      `base=/run/sentinel.base; (umask 077; cat ${CONFIG_DIR}/sentinel/sentinel.conf ${CONFIG_DIR}/${SENTINEL_PASSWORDS} > $base)`,
      // A copy cut short by a crash has no monitor line: then start from the spec.
      `if grep -q '^sentinel monitor ' $conf 2>/dev/null; then`,
      // "myid" and "monitor" must come before the lines that refer to the master. Who is master is learnt, the quorum is
      // the spec's.
      `  { grep -v ' ${REDIS_MASTER_NAME}' $base`,
      `    grep '^sentinel myid ' $conf || :`,
      `    sed -n 's/^\\(sentinel monitor ${REDIS_MASTER_NAME} [^ ]* [^ ]*\\) .*/\\1 ${spec.cache.sentinel.quorum}/p' $conf`,
      `    grep ' ${REDIS_MASTER_NAME}' $base | grep -v '^sentinel monitor '`,
      `    grep -E '^${learnt}' $conf || :; } > $conf.new`,
      'else',
      '  cp $base $conf.new',
      'fi',
      'chown redis:redis $conf.new; chmod 0600 $conf.new; mv $conf.new $conf',
      'exec chpst -u redis redis-sentinel $conf',
    ),
    live: { files: [SENTINEL_PASSWORDS], script: TELL_SENTINEL },
    files: [
      { path: 'sentinel/sentinel.conf', content: sentinelConfig(context), owner: 'redis', mode: 0o600 },
      { path: SENTINEL_PASSWORDS, content: sentinelPasswords(context), owner: 'redis', mode: 0o600 },
    ],
  };
}
