import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

/** Loaded where a host with an Alertmanager is rendered: nobody else needs it. */
const load = createRequire(import.meta.url) as (name: 'bcryptjs') => typeof import('bcryptjs');

/**
 * Cost 4 is the least that bcrypt knows: what is hashed is 24 random bytes, which no cost makes harder to guess, and each call of
 * Alertmanager's interface pays for it.
 */
const SALT_START = '$2b$04$';

/**
 * A password as Alertmanager's file of logins has it. Made of the same password it is the same text, or each `up` would find another
 * configuration.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/https/
 */
export function passwordHash(password: string): string {
  const { encodeBase64, hashSync } = load('bcryptjs');
  const salt = createHash('sha256').update(`salt ${password}`).digest().subarray(0, 16);
  return hashSync(password, `${SALT_START}${encodeBase64([...salt], salt.length)}`);
}
