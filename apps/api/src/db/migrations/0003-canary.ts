import type { Migration } from './migration.ts';

/**
 * A row for each user that shows whether a write works from end to end. It is counted up in place: the room that is kept free
 * on its page takes the new version, and the table stays as it is.
 */
export const canary: Migration = {
  id: 3,
  name: 'canary',
  sql: `
CREATE TABLE canary (
  user_id    uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  count      bigint NOT NULL,
  written_at timestamptz NOT NULL
) WITH (fillfactor = 20);
`,
};
