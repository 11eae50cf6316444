import { DATA_DIR, endService, type RenderContext } from '../common/context.ts';
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

/** Ended by {@link putServerAsideScript}: nothing was done. */
export const REBUILD_REFUSED = { primary: 3, nobodyLeads: 4, noRoom: 5 } as const;

/**
 * On a database host: ends its server and puts its files aside, so that Patroni makes a new copy when it starts. They are removed once the new copy streams; those
 * that may have transactions of their own are kept, as `rewind.ts` does.
 *
 * @param neededKb size of the new copy
 */
export function putServerAsideScript(context: RenderContext, neededKb: number): string {
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
    // An earlier try that was cut short left the files of then. What lies in their place now is less, unless the host led meanwhile.
    `old=${PG_DATA}; [ ! -e ${REPLACED} ] || [ -n "$keep" ] || old=`,
    `has=$(df -kP ${DATA_DIR}/postgres | awk 'END { print $4 }')`,
    `fits=; [ "$has" -lt ${neededKb + SPARE_KB} ] || fits=yes`,
    `[ -n "$fits" ] || [ -z "$keep" ] || exit ${REBUILD_REFUSED.noRoom}`,
    ...endService(DATABASE_AGENT, 30),
    'while pkill -9 -x postgres || pkill -9 -x pg_basebackup; do sleep 0.1; done',
    `if [ -n "$old" ] && [ -e $old ]; then`,
    `  if [ -n "$keep" ]; then`,
    `    name=replaced-$(date -u +%Y%m%dT%H%M%SZ); mkdir -p -m 0700 ${ASIDE}; chown postgres:postgres ${ASIDE}`,
    `    mv $old ${ASIDE}/$name; echo "kept ? $name" >> ${ASIDE}/copies`,
    // Room for the new copy comes first: of a standby's files the primary has everything.
    `  elif [ -n "$fits" ]; then mv $old ${REPLACED}; else rm -rf $old; fi`,
    'fi',
    `rm -rf ${PG_DATA}; sync -f ${DATA_DIR}/postgres`,
  ].join('\n');
}

/** Prints the size of a server's files in KiB, without its log. */
export const SERVER_SIZE_SCRIPT = `du -sk --exclude=pg_wal ${PG_DATA} | cut -f 1`;

/**
 * Removes what {@link putServerAsideScript} put aside. Its name is free at once; nobody waits for the rest, as large files take seconds. Cut
 * short, it is done again by `up`.
 */
export const FORGET_REPLACED_SCRIPT = [
  `[ ! -e ${REPLACED} ] || mv ${REPLACED} ${REPLACED}-$$`,
  `setsid rm -rf ${REPLACED}-* < /dev/null > /tmp/forget.out 2>&1 &`,
].join('\n');
