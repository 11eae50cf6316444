import { describe, expect, it } from 'vitest';
import { hashPassword, NOBODY, verifyPassword } from './password.ts';

describe('passwords', () => {
  it('match their own hash only, and each hash has its own salt', async () => {
    const [first, second] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(first).not.toBe(second);
    expect(await verifyPassword('correct horse', first)).toBe(true);
    expect(await verifyPassword('correct horsE', first)).toBe(false);
    expect(await verifyPassword('', first)).toBe(false);
  });

  it('carry their parameters', async () => {
    expect(await hashPassword('x')).toMatch(/^scrypt\$16384\$8\$5\$[\w-]{22}\$[\w-]{43}$/);
    // Made with other parameters than today's: RFC 7914, section 12.
    const key = '/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA==';
    const salt = Buffer.from('NaCl').toString('base64url');
    const stored = `scrypt$1024$8$16$${salt}$${Buffer.from(key, 'base64').subarray(0, 32).toString('base64url')}`;
    expect(await verifyPassword('password', stored)).toBe(true);
  });

  it('are the same however an accent is typed', async () => {
    expect(await verifyPassword('caf\u00e9', await hashPassword('cafe\u0301'))).toBe(true);
  });

  it.each(['', 'plain', 'scrypt$1$2$3', NOBODY])('match nothing in %j', async (stored) => {
    expect(await verifyPassword('password', stored)).toBe(false);
  });
});
