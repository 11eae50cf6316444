import type { Migration } from './migration.ts';

/**
 * Transfers: two lines of the ledger that share an id.
 *
 * NOT VALID: the lines that exist held to the narrower rule before, and a scan of the ledger would keep every booking
 * waiting. New lines are checked all the same. Servers of the version before go on: they never name the new column.
 */
export const transfers: Migration = {
  id: 2,
  name: 'transfers',
  sql: `
ALTER TABLE point_entries
  ADD COLUMN transfer_id uuid,
  DROP CONSTRAINT point_entries_type_check,
  ADD CONSTRAINT point_entries_type_check
    CHECK (type IN ('earn', 'redeem', 'adjust', 'transfer-out', 'transfer-in')) NOT VALID,
  ADD CONSTRAINT point_entries_transfer_check
    CHECK ((transfer_id IS NOT NULL) = (type IN ('transfer-out', 'transfer-in'))) NOT VALID;
`,
};
