/** What is asked of every server of the database. */
export const CHECKSUM_SQL = 'SELECT coalesce(sum(checksum_failures), 0)::int AS failures FROM pg_stat_database';

/** What is asked of the primary: how much of its log each slot holds. */
export const SLOTS_SQL = `SELECT slot_name AS name, active, coalesce(wal_status, 'reserved') AS status,
  coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint::text AS held
  FROM pg_replication_slots WHERE NOT temporary ORDER BY slot_name`;

/** A replication slot: what a follower has not got yet stays on the primary's disk. */
export interface Slot {
  /** As Patroni calls it: the follower's name with `_` for `-`. */
  name: string;
  active: boolean;
  /** PostgreSQL's `wal_status`: `lost` has what it needs no more. */
  status: string;
  heldBytes: number;
}

/** A page whose checksum is wrong, as the server's log names it. */
export interface DamagedPage {
  relation: string;
  block: number;
}

/** The page that a line of a server's log calls damaged. Pure. */
export function damagedPage(line: string): DamagedPage | undefined {
  const [, block, relation] = /invalid page in block (\d+) of relation "?([\w/]+)"?/.exec(line) ?? [];
  return relation === undefined ? undefined : { relation, block: Number(block) };
}
