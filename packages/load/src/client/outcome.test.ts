import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from './http-client.ts';
import { otherOutcome, worse } from './outcome.ts';

describe('otherOutcome', () => {
  const early = { status: 503, code: 'UNAVAILABLE', headers: { 'retry-after': '1' } };
  it.each([
    ['the CRM’s own no', { status: 422, code: 'INSUFFICIENT_POINTS' }, 5, 'declined'],
    ['an early refusal', early, 1000, 'refused'],
    ['one that came late', early, 1001, 'failed'],
    ['one without a code', { ...early, code: undefined }, 5, 'failed'],
    ['one without Retry-After', { ...early, headers: {} }, 5, 'failed'],
    ['a write that may have been done', { ...early, code: 'OUTCOME_UNKNOWN' }, 5, 'failed'],
    ['another error', { status: 500, code: 'INTERNAL' }, 5, 'failed'],
    ['another no', { status: 422, code: 'INVALID' }, 5, 'failed'],
    ['no answer', {}, 30_000, 'failed'],
  ])('%s', (_what, answer, tookMs, outcome) => {
    expect(otherOutcome({ headers: {}, attempts: 1, ...answer } as HttpAnswer, tookMs)).toBe(outcome);
  });
});

describe('worse', () => {
  it('is the outcome that helps less', () => {
    expect([worse('ok', 'failed'), worse('declined', 'ok'), worse('refused', 'declined')]).toEqual([
      'failed',
      'declined',
      'refused',
    ]);
  });
});
