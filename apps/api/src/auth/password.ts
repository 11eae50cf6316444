import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** 16 MB and about 0.2 s of one core a hash: OWASP's scrypt profile with the memory that two at a time can take here. */
const COST = { N: 16_384, r: 8, p: 5 } as const;
const KEY_BYTES = 32;

interface Parameters {
  N: number;
  r: number;
  p: number;
}

/** What nobody's password matches; costs the same to verify as a real one, so that unknown users are not told apart by time. */
export const NOBODY = format(COST, Buffer.alloc(16), Buffer.alloc(KEY_BYTES));

/** Hashes a password into text that carries its own parameters and salt. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return format(COST, salt, await derive(password, salt, COST));
}

/** Whether a password is the one that `stored` was made from. Malformed `stored` matches nothing. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const match = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/.exec(stored);
  if (!match) return false;
  const [, N, r, p, salt = '', key = ''] = match;
  const expected = Buffer.from(key, 'base64url');
  const actual = await derive(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) });
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function format({ N, r, p }: Parameters, salt: Buffer, key: Buffer): string {
  return `scrypt$${N}$${r}$${p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

function derive(password: string, salt: Buffer, cost: Parameters): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // One user may type "é" as one code point, another's keyboard as two.
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, { ...cost, maxmem: 256 * cost.N * cost.r }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
