import type { Migration } from './migration.ts';

/** For sums and files by day. Writes wait while it is built: about a second for a million lines. */
export const ledgerByDay: Migration = {
  id: 5,
  name: 'ledger-by-day',
  sql: `
CREATE INDEX point_entries_created_at ON point_entries (created_at, sequence);
`,
};
