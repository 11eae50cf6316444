import type pg from 'pg';
import type { Config } from '../config.ts';
import { inTurn } from '../db/migrate.ts';
import { hashPassword } from './password.ts';

/**
 * Creates the first administrator unless there is such a user: a password that was changed since stays. Instances that
 * start together take turns, so that one of them computes the hash.
 *
 * @returns whether this call created it
 */
export async function ensureAdmin(
  client: pg.Client,
  { ADMIN_EMAIL: email, ADMIN_PASSWORD: password }: Pick<Config, 'ADMIN_EMAIL' | 'ADMIN_PASSWORD'>,
): Promise<boolean> {
  if (!email || !password) return false;
  const exists = async () => {
    const { rows } = await client.query('SELECT FROM users WHERE lower(email) = lower($1)', [email]);
    return rows.length > 0;
  };
  if (await exists()) return false;
  return await inTurn(client, async () => {
    if (await exists()) return false;
    const hash = await hashPassword(password);
    await client.query('INSERT INTO users (email, password_hash) VALUES ($1, $2)', [email, hash]);
    return true;
  });
}
