import { describe, expect, it } from 'vitest';
import { scramVerifier } from './scram.ts';

describe('scramVerifier', () => {
  it('matches what PostgreSQL 17 stores for the same password, salt and count', () => {
    // SELECT rolpassword FROM pg_authid after CREATE ROLE … PASSWORD 'secret'; the salt is taken from its answer.
    const stored =
      'SCRAM-SHA-256$4096:CP/h4O4C4PCvtcXenvY22w==$w75KaEuFCp8n26uUBeYK3iII+Nrz/EXv3ihkzdOR9l4=:KuJswLbs8L0nmuBxrBdmfYDXbbXlV1ToyRB0LFUjqwg=';
    const [, salt] = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(stored) ?? [];
    expect(scramVerifier('secret', Buffer.from(salt ?? '', 'base64'))).toBe(stored);
  });
});
