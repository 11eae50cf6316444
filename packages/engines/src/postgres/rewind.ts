import { DATA_DIR } from '../common/context.ts';
import { BIN_DIR, PG_DATA } from './names.ts';

/** Below the host's disk: a line for each copy that was put aside; see {@link rewindScript}. */
export const ASIDE_FILE = 'postgres/aside/copies';
/** Where a server's files are kept that may have transactions of their own. */
export const ASIDE = `${DATA_DIR}/postgres/aside`;
/** Left free beside a copy, in KiB: less stops the server that is to be a standby. */
export const SPARE_KB = 65_536;

/** One line of {@link ASIDE_FILE}. */
export interface CopyAside {
  /** Its folder on the host. */
  path: string;
  /** Transactions that were committed on it and that the primary lacks; undefined: nobody could tell. */
  commits: number | undefined;
  /** It could not be made yet: there is no room. */
  isMissing: boolean;
}

/** Parses what the host's disk says. Lines that make no sense are left out: the disk is not ours alone. Pure. */
export function parseCopies(text: string | null): CopyAside[] {
  const lines = (text ?? '').split('\n').map((line) => /^(kept|missing) (\d+|\?) (\S+)$/.exec(line));
  return lines.flatMap((match) => {
    const [, state, commits, name] = match ?? [];
    if (!match) return [];
    return [
      {
        path: `${ASIDE}/${name}`,
        commits: commits === '?' ? undefined : Number(commits),
        isMissing: state === 'missing',
      },
    ];
  });
}

/**
 * What Patroni runs as `pg_rewind`, where replication is asynchronous. A primary that comes back after another one was promoted may have
 * the only copy of writes that were acknowledged. A rewind throws them away: so the server's files are copied beside them before it, if
 * its log has commits past the point where the two parted. Where that fails, as for want of room, it is tried again: nothing is thrown away
 * before. Run again it does not copy again. As many lines as there are copies, in a file that `status` reads.
 *
 * Files that cannot be rewound are removed here, and not by Patroni, which would do so as well when this was cut short.
 */
export function rewindScript(): string {
  return `#!/bin/sh
set -u
rewind() { ${BIN_DIR}/pg_rewind "$@"; }
case " $* " in *' --source-server '*) ;; *) rewind "$@"; exit ;; esac

# What it would do. The new primary may be out of reach for a moment.
for try in 1 2 3; do
  if plan=$(rewind --dry-run "$@" 2>&1); then break; fi
  plan="unknown: $plan"; sleep 1
done
echo "$plan"

fork=$(echo "$plan" | sed -n 's|.*diverged at WAL location \\([0-9A-F]*/[0-9A-F]*\\) on timeline \\([0-9]*\\).*|\\2 \\1|p' | head -n 1)
control=$(LC_ALL=C ${BIN_DIR}/pg_controldata -D ${PG_DATA})
own=$(echo "$control" | sed -n "s/^Latest checkpoint's TimeLineID: *//p")
commits='?' name="timeline-$own-at-$(echo "$control" | sed -n 's/^Latest checkpoint location: *//p' | tr / -)"
case $plan in *'no rewind required'*) commits=0 ;; esac
if [ -n "$fork" ]; then
  timeline=\${fork% *} position=\${fork#* }
  name="timeline-$timeline-from-$(echo "$position" | tr / -)"
  # It ends with an error, where the log does. On a timeline of its own there may be more than that.
  [ "$own" != "$timeline" ] || commits=$(${BIN_DIR}/pg_waldump --path ${PG_DATA}/pg_wal --timeline "$timeline" --start "$position" --rmgr Transaction 2>/tmp/waldump.err | grep -c 'desc: COMMIT')
fi

note() {
  { grep -v " $name\\$" ${ASIDE}/copies 2>/tmp/copies.err; echo "$1 $commits $name"; } > ${ASIDE}/copies.new &&
    sync ${ASIDE}/copies.new && mv ${ASIDE}/copies.new ${ASIDE}/copies
}
copy() {
  needs=$(du -sk ${PG_DATA} | cut -f 1) has=$(df -kP ${DATA_DIR}/postgres | awk 'END { print $4 }')
  rm -rf ${ASIDE}/*.part
  [ "$has" -gt $((needs + ${SPARE_KB})) ] && cp -a --reflink=auto ${PG_DATA} ${ASIDE}/"$name".part &&
    sync -f ${ASIDE} && mv ${ASIDE}/"$name".part ${ASIDE}/"$name"
}
if [ "$commits" != 0 ]; then
  mkdir -p -m 0700 ${ASIDE}
  until [ -d ${ASIDE}/"$name" ] || copy; do
    echo "$commits commits that only this host has could not be put aside yet: $((needs / 1024 + ${SPARE_KB / 1024})) MB are needed, $((has / 1024)) MB are free"
    note missing
    sleep 10
  done
  note kept
  echo "$commits commits that only this host has are put aside: ${ASIDE}/$name"
fi
rewind "$@" && exit
code=$?

# It may have been cut short in the middle. Nothing is lost with it any more; a new copy of the primary needs the primary.
source='' before=''
for each in "$@"; do
  [ "$before" != --source-server ] || source=$each
  before=$each
done
if ${BIN_DIR}/pg_isready -q -d "$source"; then
  echo 'it could not be rewound: it is copied anew'
  rm -rf ${PG_DATA}
fi
exit $code
`;
}
