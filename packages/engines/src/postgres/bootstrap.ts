import { CONFIG_DIR, DATA_DIR } from '../common/context.ts';
import { BIN_DIR, DATABASE_NAME, DATABASE_USER } from './names.ts';
import { LOGINS_FILE } from './roles.ts';

/** Patroni calls this once, when it has created the cluster; it passes a connection string of the superuser. */
export function bootstrapScript(): string {
  const files = `--file ${CONFIG_DIR}/${LOGINS_FILE} --file ${CONFIG_DIR}/postgres/bootstrap.sql`;
  return `#!/bin/sh\nset -eu\nexec psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 ${files} "$1"\n`;
}

/**
 * Creates the application's database. Its role owns it and nothing else; `pg_hba.conf` keeps it out of the others. (`postgres` stays
 * open to PUBLIC: Patroni's rewind role connects there.)
 */
export function bootstrapSql(): string {
  return [
    `CREATE DATABASE ${DATABASE_NAME} OWNER ${DATABASE_USER};`,
    `REVOKE ALL ON DATABASE ${DATABASE_NAME} FROM PUBLIC;`,
    '',
  ].join('\n');
}

/** A promotion that takes longer is noted with the next start. */
const PROMOTION_S = 60;

/** Below the host's disk: the timeline on which this PostgreSQL last became primary. */
export const PROMOTION_FILE = 'postgres/promoted-on-timeline';
export const PROMOTION_PATH = `${DATA_DIR}/${PROMOTION_FILE}`;

/** A pipe of the shell: the newest timeline that is known on a host, as a number. Each but the first leaves a file with its history. @param folder of PostgreSQL's data */
export function newestTimeline(folder: string): string {
  const names = `ls ${folder}/pg_wal | sed -n 's/^\\([0-9A-F]\\{8\\}\\)[.]history$/\\1/p'`;
  return `printf '%d\\n' "0x$( (echo 00000001; ${names}) | sort | tail -n 1)"`;
}

/**
 * Patroni's callback: called with the action, the role and the cluster's name. It notes promotions only, so that of two hosts the one
 * with the later note was primary last, also after both lost power at any moment. Each promotion begins a timeline, which no other host
 * is promoted to, and leaves a file with its history; the first timeline of all has none. No clock is asked.
 *
 * @param folder of PostgreSQL's data
 */
export function roleCallback(folder: string): string {
  const file = PROMOTION_PATH;
  return [
    '#!/bin/sh',
    'set -eu',
    'case "$2" in primary | master) ;; *) exit 0 ;; esac',
    // Called as soon as the promotion has begun. The server is in production once the history of its timeline is there.
    `tries=0; until LC_ALL=C ${BIN_DIR}/pg_controldata -D ${folder} | grep -q '^Database cluster state: *in production'; do`,
    `  tries=$((tries + 1)); [ $tries -lt ${PROMOTION_S * 10} ] || { echo "not in production after ${PROMOTION_S} s"; exit 1; }; sleep 0.1`,
    'done',
    `${newestTimeline(folder)} > ${file}.new`,
    `sync ${file}.new`,
    `mv ${file}.new ${file}`,
    '',
  ].join('\n');
}
