import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { DatabaseFailure, NotPrimaryError, type Phase } from '../primary/classify.ts';
import { type Reaction, reactTo } from './gate.ts';

function serverError(code: string): Error {
  const error = new pg.DatabaseError('from the server', 0, 'error');
  error.code = code;
  return error;
}
const late = new Error('Query read timeout');
const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

describe('the gate', () => {
  it.each<[string, Error, Phase, Reaction]>([
    ['refused', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 'connect', 'close'],
    ['a standby', new NotPrimaryError(), 'connect', 'close'],
    ['starting up', serverError('57P03'), 'connect', 'close'],
    ['reset', reset, 'statement', 'close'],
    ['demoted', serverError('25006'), 'statement', 'close'],
    ['shut down', serverError('57P01'), 'statement', 'close'],
    ['reset at commit', reset, 'commit', 'close'],
    ['shut down at commit', serverError('57P01'), 'commit', 'close'],

    ['no connection in time', new Error('timeout expired'), 'connect', 'doubt'],
    ['no answer in time', late, 'statement', 'doubt'],
    ['no answer to a commit in time', late, 'commit', 'doubt'],
    ['a commit that was cancelled', serverError('57014'), 'commit', 'doubt'],

    ['our own stall', serverError('25P03'), 'statement', 'none'],
    ['out of connections', serverError('53300'), 'connect', 'none'],
    ['a lock', serverError('55P03'), 'statement', 'none'],
    ['disk full', serverError('53100'), 'statement', 'none'],
  ])('%s', (_name, error, phase, reaction) => {
    expect(reactTo(new DatabaseFailure(error, phase))).toBe(reaction);
  });
});
