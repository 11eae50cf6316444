import { describe, expect, it } from 'vitest';
import { ApiError } from '../errors.ts';
import { HoldExpiredError, type Refusal } from '../resilience/admission/refusal.ts';
import { NotServedError } from '../resilience/errors.ts';
import { isRefusal, toApiError } from './errors.ts';

describe('what a client is told', () => {
  it.each([
    ['an error of the API', new ApiError('NOT_FOUND'), 'NOT_FOUND', 404],
    ['nobody had time for it', new NotServedError('OVERLOADED', { waitMs: 5000 }), 'OVERLOADED', 503],
    ['a commit whose answer did not come', new NotServedError('OUTCOME_UNKNOWN'), 'OUTCOME_UNKNOWN', 503],
    ['a body that is too large', { code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }, 'PAYLOAD_TOO_LARGE', 413],
    ['what the framework cannot read', { statusCode: 400 }, 'BAD_REQUEST', 400],
    ['a fault in the code', new TypeError('x is not a function'), 'INTERNAL', 500],
  ])('%s', (_what, error, code, status) => {
    expect(toApiError(error)).toMatchObject({ code, status });
  });

  it('spreads those who are refused over the time that they would have waited', () => {
    const seconds = Array.from(
      { length: 200 },
      () => toApiError(new NotServedError('OVERLOADED', { waitMs: 5000 })).retryAfter ?? 0,
    );
    expect(Math.min(...seconds)).toBe(1);
    expect(Math.max(...seconds)).toBe(5);
  });

  it('is a refusal only where waiting helps', () => {
    expect(isRefusal(new NotServedError('UNAVAILABLE'))).toBe(true);
    expect(isRefusal(new ApiError('OVERLOADED'))).toBe(true);
    expect(isRefusal(new NotServedError('DATABASE_FULL'))).toBe(false);
    expect(isRefusal(new Error('OVERLOADED'))).toBe(false);
  });

  it('is none where nobody is there to be told: a lost load balancer took its clients along', () => {
    const having = (reason: Refusal) => new NotServedError('UNAVAILABLE', { cause: new HoldExpiredError(reason) });
    expect(isRefusal(having('hopeless'))).toBe(true);
    expect(isRefusal(having('deadline'))).toBe(true);
    expect(isRefusal(having('abandoned'))).toBe(false);
    expect(isRefusal(having('closed'))).toBe(false);
  });
});
