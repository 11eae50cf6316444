import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ApiError, ERRORS, type ErrorCode, errorBody } from './errors.ts';

const docs = readFileSync(new URL('../../../docs/reference/api.md', import.meta.url), 'utf8');
const configSource = readFileSync(new URL('./config.ts', import.meta.url), 'utf8');

describe('the reference', () => {
  it.each(Object.entries(ERRORS))('lists the code %s with its status', (code, { status }) => {
    expect(docs).toMatch(new RegExp(`\\| \`${code}\` \\| ${status} \\|`));
  });

  it('lists no code that does not exist', () => {
    const [own = ''] = docs.split("### The load balancer's own answers");
    const listed = [...own.matchAll(/^\| `([A-Z_]+)` \| \d{3} \|/gm)].map(([, code]) => code);
    expect(listed.filter((code) => !(code && code in ERRORS))).toEqual([]);
  });

  it('lists every variable of the configuration', () => {
    const names = [...configSource.matchAll(/^ {4}([A-Z_]+): /gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !docs.includes(`| \`${name}\` |`))).toEqual([]);
  });
});

describe('an error', () => {
  it('becomes the envelope', () => {
    const error = new ApiError('VALIDATION', [{ path: 'name', message: 'is missing' }]);
    expect(error.status).toBe(400);
    expect(errorBody(error)).toEqual({
      error: {
        code: 'VALIDATION',
        message: 'The request is not valid.',
        details: [{ path: 'name', message: 'is missing' }],
      },
    });
  });

  it('says when to try again only where that helps', () => {
    const soon = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => new ApiError(code).retryAfter !== undefined);
    expect(soon.sort()).toEqual([
      'DATABASE_FULL',
      'IN_PROGRESS',
      'OUTCOME_UNKNOWN',
      'OVERLOADED',
      'RECORD_BUSY',
      'TOO_MANY_LOGINS',
      'UNAVAILABLE',
    ]);
  });

  it('spreads those who come back over the expected wait', () => {
    const seconds = Array.from(
      { length: 1000 },
      () => new ApiError('OVERLOADED', [], { waitMs: 4000 }).retryAfter ?? 0,
    );
    expect([Math.min(...seconds), Math.max(...seconds)]).toEqual([1, 4]);
    expect(new ApiError('OVERLOADED', [], { waitMs: 3_600_000 }).retryAfter).toBeLessThanOrEqual(10);
  });
});
