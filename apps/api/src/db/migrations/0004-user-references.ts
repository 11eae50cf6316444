import type { Migration } from './migration.ts';

/**
 * Bookings and keys name a user without a foreign key. It made each write lock the user's row beside all other writes of his: one
 * user's till is the hottest row there is. The CRM never deletes a user, and what refers to one names who it was.
 */
export const userReferences: Migration = {
  id: 4,
  name: 'user-references',
  sql: `
ALTER TABLE point_entries DROP CONSTRAINT IF EXISTS point_entries_user_id_fkey;
ALTER TABLE idempotency_keys DROP CONSTRAINT IF EXISTS idempotency_keys_user_id_fkey;
`,
};
