import { createHash } from 'node:crypto';
import { CONFIG_DIR, type Secrets } from '../common/context.ts';
import {
  BIN_DIR,
  DATABASE_USER,
  MONITOR_USER,
  PG_SOCKET_DIR,
  REPLICATION_USER,
  REWIND_USER,
  SUPERUSER,
} from './names.ts';
import { matchesVerifier, scramVerifier } from './scram.ts';

/** A role of the database as the platform wants it. */
interface Role {
  name: string;
  password: string;
  /** Attributes beside the login. */
  attributes: string;
}

const NOTHING_MORE = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION';

/** The platform's roles. Patroni makes the first three with the cluster. */
function rolesOf(secrets: Secrets): Role[] {
  return [
    { name: SUPERUSER, password: secrets.postgresSuperuser, attributes: 'SUPERUSER' },
    { name: REPLICATION_USER, password: secrets.postgresReplication, attributes: 'REPLICATION' },
    { name: REWIND_USER, password: secrets.postgresRewind, attributes: '' },
    {
      name: DATABASE_USER,
      password: secrets.postgresApplication,
      attributes: NOTHING_MORE,
    },
    ...(secrets.postgresMonitor === undefined
      ? []
      : [{ name: MONITOR_USER, password: secrets.postgresMonitor, attributes: NOTHING_MORE }]),
  ];
}

/** What a rewind reads of another server. @see https://www.postgresql.org/docs/17/app-pgrewind.html (Notes) */
const REWIND_READS = [
  'pg_ls_dir(text, boolean, boolean)',
  'pg_stat_file(text, boolean)',
  'pg_read_binary_file(text)',
  'pg_read_binary_file(text, bigint, bigint, boolean)',
];

/** The salt is derived from the password, so that the text is the same on every rendering. */
function verifierOf(password: string): string {
  return scramVerifier(password, createHash('sha256').update(`salt:${password}`).digest().subarray(0, 16));
}

/** Statements that give every role its password and its rights, and make one that is missing. They hold no password, and may be run again. */
export function loginsSql(secrets: Secrets): string {
  const roles = rolesOf(secrets).flatMap(({ name, password, attributes }) => [
    `SELECT 'CREATE ROLE ${name}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') \\gexec`,
    `ALTER ROLE ${name} LOGIN ${attributes} CONNECTION LIMIT -1 VALID UNTIL 'infinity' PASSWORD '${verifierOf(password)}';`,
  ]);
  return [
    ...roles,
    ...REWIND_READS.map((name) => `GRANT EXECUTE ON FUNCTION pg_catalog.${name} TO ${REWIND_USER};`),
    ...(secrets.postgresMonitor === undefined
      ? []
      : [`GRANT pg_monitor TO ${MONITOR_USER};`, 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements;']),
    '',
  ].join('\n');
}

export const LOGINS_FILE = 'postgres/logins.sql';

/** Run on the primary's host as root: sets the roles to what the file there says. The server knows its own user, and asks for no password. */
export const SET_LOGINS_SCRIPT = `cd / && exec chpst -u postgres ${BIN_DIR}/psql --no-psqlrc --quiet --single-transaction --set ON_ERROR_STOP=1 --host=${PG_SOCKET_DIR} --dbname=postgres --file=${CONFIG_DIR}/${LOGINS_FILE}`;

/** A role as a server has it. */
export interface StoredRole {
  name: string;
  mayLogin: boolean;
  expired: boolean;
  connections: number;
  isSuperuser: boolean;
  mayReplicate: boolean;
  verifier: string | null;
}

const NAMES = [SUPERUSER, REPLICATION_USER, REWIND_USER, DATABASE_USER, MONITOR_USER]
  .map((name) => `'${name}'`)
  .join(', ');

/** What is asked of a server about the platform's roles. */
export const ROLES_SQL = `SELECT rolname AS name, rolcanlogin AS "mayLogin", coalesce(rolvaliduntil <= now(), false) AS expired,
  rolconnlimit AS connections, rolsuper AS "isSuperuser", rolreplication AS "mayReplicate", rolpassword AS verifier
  FROM pg_authid WHERE rolname IN (${NAMES})`;

/** A role that cannot log in with the platform's secrets. */
export interface RefusedLogin {
  role: string;
  /** In words. */
  reason: string;
}

/**
 * Which of the platform's roles cannot log in, or cannot do their work: pure.
 *
 * @param stored as {@link ROLES_SQL} answers
 */
export function refusedLogins(stored: readonly StoredRole[], secrets: Secrets): RefusedLogin[] {
  return rolesOf(secrets).flatMap(({ name, password, attributes }) => {
    const found = stored.find((role) => role.name === name);
    const reason = found ? faultOf(found, password, attributes) : 'there is no such role';
    return reason === undefined ? [] : [{ role: name, reason }];
  });
}

function faultOf(role: StoredRole, password: string, attributes: string): string | undefined {
  if (!role.mayLogin) return 'it may not log in';
  if (role.expired) return 'its password has expired';
  if (role.connections >= 0) return `it may have ${role.connections} connections at most`;
  if (attributes === 'SUPERUSER' && !role.isSuperuser) return 'it is no superuser any more';
  if (attributes === 'REPLICATION' && !role.mayReplicate) return 'it may not replicate any more';
  if (!matchesVerifier(password, role.verifier)) return 'its password was changed';
  return undefined;
}
