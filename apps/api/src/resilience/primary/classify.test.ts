import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { classify, DatabaseFailure, type FailureKind, NotPrimaryError, type Phase } from './classify.ts';

function serverError(code: string): Error {
  const error = new pg.DatabaseError('from the server', 0, 'error');
  error.code = code;
  return error;
}

function socketError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('classify', () => {
  it.each<[string, Error, Phase, FailureKind]>([
    ['refused', socketError('ECONNREFUSED'), 'connect', 'away'],
    ['connect time-out', new Error('timeout expired'), 'connect', 'slow'],
    ['no connection free in time', new Error('timeout exceeded when trying to connect'), 'connect', 'slow'],
    ['cut at the time-out', new Error('Connection terminated due to connection timeout'), 'connect', 'slow'],
    ['no answer by the network', socketError('ETIMEDOUT'), 'connect', 'away'],
    ['starting up', serverError('57P03'), 'connect', 'away'],
    ['too many connections', serverError('53300'), 'connect', 'conflict'],
    ['wrong password', serverError('28P01'), 'connect', 'away'],
    ['disk full at connect', serverError('53100'), 'connect', 'away'],
    ['no such role yet', serverError('28000'), 'connect', 'away'],
    ['led to a standby', new NotPrimaryError(), 'connect', 'away'],

    ['demoted', serverError('25006'), 'statement', 'away'],
    ['shut down', serverError('57P01'), 'statement', 'away'],
    ['crashed', serverError('57P02'), 'statement', 'away'],
    ['connection failure', serverError('08006'), 'statement', 'away'],
    ['idle in transaction', serverError('25P03'), 'statement', 'slow'],
    // A Node code of five capital letters is no SQLSTATE.
    ['broken pipe', socketError('EPIPE'), 'statement', 'away'],
    ['reset', socketError('ECONNRESET'), 'statement', 'away'],
    ['silent', new Error('Query read timeout'), 'statement', 'slow'],
    ['closed', new Error('Connection terminated unexpectedly'), 'statement', 'away'],

    ['serialization', serverError('40001'), 'statement', 'conflict'],
    ['deadlock', serverError('40P01'), 'statement', 'conflict'],
    ['lock time-out', serverError('55P03'), 'statement', 'conflict'],
    ['statement time-out', serverError('57014'), 'statement', 'conflict'],
    ['out of memory', serverError('53200'), 'statement', 'conflict'],
    ['disk full', serverError('53100'), 'statement', 'full'],
    ['input/output', serverError('58030'), 'statement', 'conflict'],

    ['unique', serverError('23505'), 'statement', 'statement'],
    ['check', serverError('23514'), 'statement', 'statement'],
    ['syntax', serverError('42601'), 'statement', 'statement'],
    ['no such table', serverError('42P01'), 'statement', 'statement'],
    ['failed transaction', serverError('25P02'), 'statement', 'statement'],

    ['serialization at commit', serverError('40001'), 'commit', 'conflict'],
    ['deferred constraint', serverError('23503'), 'commit', 'statement'],
    ['shut down at commit', serverError('57P01'), 'commit', 'unknown'],
    ['demoted at commit', serverError('25006'), 'commit', 'unknown'],
    ['reset at commit', socketError('ECONNRESET'), 'commit', 'unknown'],
    ['silent at commit', new Error('Query read timeout'), 'commit', 'unknown'],
    ['cancelled at commit', serverError('57014'), 'commit', 'unknown'],
    ['disk full at commit', serverError('53100'), 'commit', 'unknown'],

    ['serialization of a single statement', serverError('40001'), 'single', 'conflict'],
    ['lock time-out of a single statement', serverError('55P03'), 'single', 'conflict'],
    ['time-out of a single statement', serverError('57014'), 'single', 'conflict'],
    ['disk full at a single statement', serverError('53100'), 'single', 'full'],
    ['a single statement sent to a standby', serverError('25006'), 'single', 'away'],
    ['check of a single statement', serverError('23514'), 'single', 'statement'],
    ['shut down at a single statement', serverError('57P01'), 'single', 'unknown'],
    ['crashed at a single statement', serverError('57P02'), 'single', 'unknown'],
    ['reset at a single statement', socketError('ECONNRESET'), 'single', 'unknown'],
    ['silent at a single statement', new Error('Query read timeout'), 'single', 'unknown'],
  ])('%s', (_name, error, phase, kind) => {
    expect(classify(error, phase)).toBe(kind);
  });

  it('keeps the code of the server only', () => {
    expect(new DatabaseFailure(serverError('40001'), 'statement').sqlState).toBe('40001');
    expect(new DatabaseFailure(socketError('EPIPE'), 'statement').sqlState).toBeUndefined();
  });
});
