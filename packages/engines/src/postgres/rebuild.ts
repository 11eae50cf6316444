import { PORTS } from '@sbmcrm/topology';
import { CONFIG_DIR, DATA_DIR, endService, type RenderContext } from '../common/context.ts';
import type { DamageCheck } from '../common/engine.ts';
import { PROMOTION_PATH } from './bootstrap.ts';
import { BIN_DIR, DATABASE_AGENT, leaderKey, PG_DATA } from './names.ts';
import { ASIDE, SPARE_KB } from './rewind.ts';
import { etcdFunction } from './start.ts';

/** Below `/data`: a server's files that are being replaced, until the new ones stream. */
export const REPLACED_FILE = 'postgres/replaced';
const REPLACED = `${DATA_DIR}/${REPLACED_FILE}`;

/** What PostgreSQL and Patroni say of a server that can never follow the primary again with the files that it has. */
export const DATABASE_DAMAGE: DamageCheck = {
  part: 'database',
  title: 'PostgreSQL’s data',
  problem: 'DATABASE_DAMAGED',
  signs: [
    { line: /No space left on device/, reason: null },
    // A copy that is being made, or was made after whatever was said before.
    { line: /waits for its turn to copy|copying the server of|\d kB \(\d+%\)|replica has been created/, reason: null },
    {
      line: /requested WAL segment (\S+) has already been removed/,
      reason: 'the log from $1 on, which they need, is kept nowhere any more',
    },
    {
      line: /can no longer (?:get changes from|access) replication slot|This (?:replication )?slot has been invalidated/,
      reason: 'the log that they need is kept nowhere any more',
    },
    {
      line: /(?:could not (?:read|open) (?:control )?file "\S*pg_control"|incorrect checksum in control file|pg_control\S* (?:is|has|does))/,
      reason: 'the control file is damaged',
    },
    {
      line: /could not locate a valid checkpoint record|invalid (?:primary )?checkpoint record/,
      reason: 'the log has no checkpoint to begin with',
    },
    { line: /could not read from (?:WAL|log) segment (\w+)/, reason: 'the segment $1 of the log is damaged' },
    {
      line: /system ID mismatch|database system identifier differs|from different database system/,
      reason: 'they are of another cluster',
    },
    { line: /required WAL directory|"\S*pg_wal" does not exist/, reason: 'the log is gone' },
    { line: /WAL ends before (?:end of online backup|consistent recovery point)/, reason: 'the log ends too early' },
    { line: /PANIC: {1,2}(.{1,120})/, reason: '$1' },
  ],
};

/** Ended by {@link replaceServerScript}: nothing was done. */
export const REBUILD_REFUSED = { primary: 3, nobodyLeads: 4, noRoom: 5 } as const;

/** Where a server's files are to be moved that are replaced; empty or missing: they go, as Patroni itself would have it. */
const MOVE_TO = '/run/postgresql/replaced-to';
/** Printed by {@link replaceServerScript} where the copy is being made already. */
export const REPLACES = 'the copy is being made';
/** What a copy script is called that puts files aside by itself. */
const COPY_SCRIPT = `${CONFIG_DIR}/postgres/copy.sh`;
const LEFT_BEHIND = ['postgres', 'copy.sh', 'pg_basebackup', 'pg_rewind'];
/** Patroni ends a server that does not stop within its `retry_timeout`. */
const REPLACES_WITHIN_S = 20;

/** A function of the shell that does with a server's files what was decided, before a new copy is made. Cut short, it is done again. */
export function putAsideFunction(): string {
  return [
    'put_aside() {',
    `  to=''; if [ -e ${MOVE_TO} ]; then to=$(cat ${MOVE_TO}) || return 1; fi`,
    `  if [ -e ${PG_DATA} ]; then`,
    `    case $to in ${ASIDE}/*)`,
    `      mkdir -p -m 0700 ${ASIDE} && chown postgres:postgres ${ASIDE} || return 1`,
    `      grep -qs " \${to##*/}$" ${ASIDE}/copies || echo "kept ? \${to##*/}" >> ${ASIDE}/copies || return 1`,
    // Root may have made it, and the copy script runs as the server's user.
    `      chown postgres:postgres ${ASIDE}/copies || return 1 ;;`,
    '    esac',
    // What lies there once they were moved is a new copy that was cut short.
    `    if [ -n "$to" ] && [ ! -e "$to" ]; then mv ${PG_DATA} "$to" || return 1; else rm -rf ${PG_DATA}; fi`,
    '  fi',
    `  rm -f ${MOVE_TO}`,
    '}',
  ].join('\n');
}

/**
 * On a database host: gives up its server's files, and lets Patroni make a new copy. They are put aside and removed once the new copy
 * streams; those that may have transactions of their own are kept, as `rewind.ts` does.
 *
 * A Patroni that runs does so at once, see {@link REPLACES}: to start it again takes seconds. One that does not answer, or does not come
 * to it, is ended: then the copy is made when it starts. So it is where files are to be kept: a copy that is broken off makes Patroni
 * remove whatever lies there.
 *
 * @param neededKb size of the new copy
 */
export function replaceServerScript(context: RenderContext, neededKb: number): string {
  const { host, topology, spec } = context;
  const keeps = spec.database.replicationMode === 'async' && host.role === 'database';
  return [
    'set -eu',
    etcdFunction(context),
    `leader=$(etcd get --print-value-only ${leaderKey(topology)})`,
    `[ "$leader" != ${host.name} ] || exit ${REBUILD_REFUSED.primary}`,
    `[ -n "$leader" ] || exit ${REBUILD_REFUSED.nobodyLeads}`,
    // Unreadable where the control file is damaged: then nobody can tell.
    `state=$(LC_ALL=C ${BIN_DIR}/pg_controldata -D ${PG_DATA} 2>/tmp/control.err | sed -n 's/^Database cluster state: *//p') || state=`,
    `case $state in *recovery*) keep= ;; *) keep=${keeps ? 'yes' : ''} ;; esac`,
    `[ -e ${PROMOTION_PATH} ] || keep=`,
    // A copy that was cut short has nothing of its own, though its control file is the primary's.
    `! grep -qs '^BACKUP METHOD: streamed' ${PG_DATA}/backup_label || keep=`,
    `has=$(df -kP ${DATA_DIR}/postgres | awk 'END { print $4 }')`,
    `fits=; [ "$has" -lt ${neededKb + SPARE_KB} ] || fits=yes`,
    `[ -n "$fits" ] || [ -z "$keep" ] || exit ${REBUILD_REFUSED.noRoom}`,
    // Room for the new copy comes first: of a standby's files the primary has everything.
    `to=; [ -z "$fits" ] || to=${REPLACED}`,
    `[ -z "$keep" ] || to=${ASIDE}/replaced-$(date -u +%Y%m%dT%H%M%SZ)`,
    `echo "$to" > ${MOVE_TO}.new; mv ${MOVE_TO}.new ${MOVE_TO}`,
    // A copy script of an earlier version puts nothing aside.
    `if [ -z "$keep" ] && grep -qs '^until put_aside' ${COPY_SCRIPT}; then`,
    // Patroni looks only once a second whether a server has ended.
    `pid=$(head -n 1 ${PG_DATA}/postmaster.pid 2>/tmp/pid.err) || pid=`,
    `[ -z "$pid" ] || ! pgrep -x postgres | grep -qx "$pid" || kill -QUIT "$pid" || :`,
    'for try in $(seq 20); do pgrep -x postgres > /tmp/pgrep.out || break; sleep 0.1; done',
    // The password goes by a pipe: arguments are everybody's to read.
    `sed -n '/^restapi:/,/^ctl:/s/^ *\\(username\\|password\\): "\\(.*\\)"/\\2/p' ${CONFIG_DIR}/postgres/patroni.yml | paste -s -d : | sed 's/.*/user = "&"/' |`,
    `  curl -s -S -f -m 5 -K - -H 'content-type: application/json' -d '{"force": true}' http://127.0.0.1:${PORTS.patroni}/reinitialize > /tmp/reinitialize.out 2>&1 &&`,
    `  for try in $(seq ${REPLACES_WITHIN_S * 10}); do [ -e ${MOVE_TO} ] || { echo '${REPLACES}'; exit 0; }; sleep 0.1; done`,
    'fi',
    ...endService(DATABASE_AGENT, 30),
    // What a Patroni left behind that had to be killed: they write by path, and so into the new copy.
    `while ${LEFT_BEHIND.map((name) => `pkill -9 -x ${name}`).join(' || ')}; do sleep 0.1; done`,
    putAsideFunction(),
    'put_aside',
    `sync -f ${DATA_DIR}/postgres`,
  ].join('\n');
}

/** Prints the size of a server's files in KiB, without its log. */
export const SERVER_SIZE_SCRIPT = `du -sk --exclude=pg_wal ${PG_DATA} | cut -f 1`;

/**
 * Removes what {@link replaceServerScript} put aside. Its name is free at once; nobody waits for the rest, as large files take seconds. Cut
 * short, it is done again by `up`.
 */
export const FORGET_REPLACED_SCRIPT = [
  `[ ! -e ${REPLACED} ] || mv ${REPLACED} ${REPLACED}-$$`,
  `setsid rm -rf ${REPLACED}-* < /dev/null > /tmp/forget.out 2>&1 &`,
].join('\n');
