import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/**
 * The SCRAM-SHA-256 verifier that PostgreSQL stores, so that a password's text never reaches the server's log.
 *
 * @param password ASCII text (generated ones are)
 * @param salt 16 random bytes
 * @see RFC 5802 §3 and PostgreSQL's documentation of `pg_authid.rolpassword`
 */
export function scramVerifier(password: string, salt: Buffer, iterations = 4096): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const serverKey = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
