/**
 * How servers are asked for positions. A plain user cannot ask a replica for its timeline, so the primary writes a row for each: who
 * shows the row has replayed that timeline.
 */

/** The table that this needs. For a migration of the application's: it exists once, as everything else of its schema. */
export const CREATE_TIMELINES = `CREATE TABLE timelines (
  id         integer PRIMARY KEY,
  first_seen timestamptz NOT NULL DEFAULT now()
);`;

/** By a new connection to a primary, with its timeline. */
export const MARK_TIMELINE = 'INSERT INTO timelines (id) VALUES ($1) ON CONFLICT DO NOTHING';

/** A write that changes nothing. */
export const WRITE_NOTHING = 'UPDATE timelines SET id = id';

/** How far a primary has written: `lsn`. */
export const WRITTEN = 'SELECT pg_current_wal_insert_lsn()::text AS lsn';

/** A row of {@link REPLAYED}. */
export interface Replayed {
  standby: boolean;
  position: string | null;
}

/**
 * How far a standby has replayed: `position`; null on a primary that never was one. Also whether it is one: `standby`.
 *
 * The byte alone does not tell: after a failover a replica that still follows the old primary may have replayed further on the old
 * timeline. A statement of its own, as a statement's snapshot is older than the functions it calls.
 */
export const REPLAYED = `SELECT pg_is_in_recovery() AS standby,
       (SELECT max(id) FROM timelines) || ':' || pg_last_wal_replay_lsn() AS position`;

/** How far a primary has written, with its timeline, which its first connection marked: `position`. */
export const REACHED = `SELECT (SELECT max(id) FROM timelines) || ':' || pg_current_wal_insert_lsn() AS position`;
