import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { DatabaseFailure, type Phase } from './classify.ts';
import { WriteOutcome } from './outcome.ts';

function failure(code: string, phase: Phase = 'statement'): DatabaseFailure {
  const error = new pg.DatabaseError('from the server', 0, 'error');
  error.code = code;
  return new DatabaseFailure(error, phase);
}

describe('the outcome of writes', () => {
  it.each<[string, unknown, boolean]>([
    ['a full disk', failure('53100'), true],
    ['want of memory', failure('53200'), true],
    ['an input/output error', failure('58030'), true],
    ['a read-only server', failure('25006'), true],
    ['a serialization conflict', failure('40001'), false],
    ['a lock that was not free', failure('55P03'), false],
    ['a broken rule', failure('23505'), false],
    ['a connection that was not to be had', failure('53300', 'connect'), false],
    ['an error of our own', new Error('53100'), false],
  ])('%s counts: %s', (_what, error, counts) => {
    const outcome = new WriteOutcome();
    outcome.failed(error);
    expect(outcome.trouble).toBe(counts ? error : undefined);
  });

  it('a failure stands until a write succeeds', () => {
    const outcome = new WriteOutcome();
    const disk = failure('53100');
    outcome.failed(disk);
    outcome.failed(failure('40001'));
    expect(outcome.trouble).toBe(disk);
    outcome.succeeded();
    expect(outcome.trouble).toBeUndefined();
  });
});
