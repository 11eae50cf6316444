import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

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

const VERIFIER = /^SCRAM-SHA-256\$(\d{1,7}):([A-Za-z0-9+/=]+)\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/;

/** Whether a server that stores this verifier takes the password. Anything else than a verifier takes none. */
export function matchesVerifier(password: string, stored: string | null): boolean {
  const [, iterations, salt = ''] = VERIFIER.exec(stored ?? '') ?? [];
  if (iterations === undefined || stored === null) return false;
  const wanted = Buffer.from(scramVerifier(password, Buffer.from(salt, 'base64'), Number(iterations)));
  const found = Buffer.from(stored);
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}
