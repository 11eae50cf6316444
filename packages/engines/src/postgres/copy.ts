import { PORTS } from '@sbmcrm/topology';
import { CONFIG_DIR, type RenderContext } from '../common/context.ts';
import { BIN_DIR } from './names.ts';
import { putAsideFunction } from './rebuild.ts';
import { etcdFunction } from './start.ts';

/** What Patroni calls this way of making a copy. */
export const COPY_METHOD = 'copy';
export const COPY_PATH = `${CONFIG_DIR}/postgres/copy.sh`;
/** One copy at a time, of the whole platform: whoever makes one holds this key in etcd. */
const TURN = 'waits for its turn to copy';
const lockKey = (platform: string) => `/${platform}/copying`;
/** How long the lock outlives a host that dies with it, in seconds. */
const LOCK_TTL_S = 15;
/** As much as this behind, a standby is no source: what it lacks the primary may not keep any more. */
const MOST_BEHIND = '16MB';
/**
 * A link that loses packets is slow, not dead: the source waits a minute, where a standby is given up after seconds. A source that is gone
 * is noticed after twice the time-out here: the log comes over a connection of its own, by a child process whose end says goodbye on that
 * of the files, too, and so begins that one's wait anew.
 */
const CONNECTION = [
  'connect_timeout=5',
  'keepalives_idle=5',
  'keepalives_interval=5',
  'keepalives_count=5',
  'tcp_user_timeout=20000',
  "options='-c wal_sender_timeout=60s -c tcp_user_timeout=60s'",
].join(' ');

/**
 * What Patroni runs to copy a server: `pg_basebackup` from a read replica or the standby that follows well, else from the primary. Reading
 * two gigabytes is felt by who writes. A source that failed is passed over the next time: its own files may be damaged. A line a second
 * says how far it is; {@link copyProgress} reads them.
 *
 * @see https://patroni.readthedocs.io/en/latest/replica_bootstrap.html#building-replicas
 */
export function copyScript(context: RenderContext): string {
  const { topology, host } = context;
  const databases = topology.hosts.filter(({ services, name }) => services.includes('patroni') && name !== host.name);
  const sources = databases.sort((x, y) => Number(x.role === 'database') - Number(y.role === 'database'));
  return `#!/bin/sh
set -u
# Patroni leaves what lies there, and would remove it if this failed.
${putAsideFunction()}
until put_aside; do echo 'the data that are replaced cannot be put aside yet'; sleep 5; done
${etcdFunction(context)}
given='' data=''
for each in "$@"; do case $each in
  --connstring=*) given=\${each#*=} ;;
  --datadir=*) data=\${each#*=} ;;
esac; done
failed=/run/postgresql/copy-failed pass=/run/postgresql/copy-pass
touch $failed
source='' name=primary
for each in ${sources.map(({ name, address }) => `${name}=${address}`).join(' ')}; do
  ! grep -qx "\${each%=*}" $failed || continue
  state=$(curl -s -f -m 2 "http://\${each#*=}:${PORTS.patroni}/replica?lag=${MOST_BEHIND}") || continue
  case $state in *'"replication_state": "streaming"'*) source=" host=\${each#*=} port=${PORTS.postgres}" name=\${each%=*}; break ;; esac
done
[ -n "$source" ] || : > $failed
# Its password is that of every member.
umask 077; sed 's/^[^:]*:[^:]*:/*:*:/' "$PGPASSFILE" > $pass; export PGPASSFILE=$pass
echo '${TURN}'
etcd lock --ttl=${LOCK_TTL_S} -- ${lockKey(topology.platform)} \\
  sh -c 'echo "copying the server of $0"; exec "$@"' "$name" \\
  ${BIN_DIR}/pg_basebackup --pgdata="$data" --wal-method=stream --checkpoint=fast --max-rate=200M --progress --no-password \\
  --dbname="$given$source ${CONNECTION}"
code=$?
if [ $code = 0 ]; then rm -f $failed; elif [ -n "$source" ]; then echo "$name" >> $failed; fi
exit $code
`;
}

/** Whether a line of the log says that another copy is being made first. Pure. */
export const waitsForTurn = (line: string) => line.includes(TURN);

/** How far a copy is. */
export interface CopyProgress {
  doneKb: number;
  totalKb: number;
}

/** What a line of the log says of a copy that is being made; undefined: nothing. Pure. */
export function copyProgress(line: string): CopyProgress | undefined {
  const [, done, total] = /(\d+)\/(\d+) kB \(\d+%\)/.exec(line) ?? [];
  return done === undefined ? undefined : { doneKb: Number(done), totalKb: Number(total) };
}
