import pg from 'pg';
import { expect, it } from 'vitest';
import { causeOf } from './cause.ts';
import { DatabaseFailure, NotPrimaryError } from './classify.ts';

function serverError(code: string): Error {
  const error = new pg.DatabaseError('password authentication failed for user "sbmcrm" at 10.77.1.130', 0, 'error');
  error.code = code;
  return error;
}
const socketError = (code: string) => Object.assign(new Error(`connect ${code} 10.77.1.30:5432`), { code });

it.each<[unknown, string]>([
  [serverError('28P01'), 'login refused (28P01)'],
  [serverError('28000'), 'login refused (28000)'],
  [serverError('53300'), 'out of connections (53300)'],
  [serverError('53100'), 'disk full (53100)'],
  [serverError('53200'), 'out of memory (53200)'],
  [serverError('53400'), 'out of resources (53400)'],
  [serverError('57P03'), 'starting up (57P03)'],
  [serverError('58030'), 'input/output error (58030)'],
  [serverError('25006'), 'read-only (25006)'],
  [serverError('XX001'), 'damaged data (XX001)'],
  [serverError('42P01'), 'refused (42P01)'],
  [socketError('ECONNREFUSED'), 'connection refused (ECONNREFUSED)'],
  [socketError('EHOSTUNREACH'), 'host unreachable (EHOSTUNREACH)'],
  [socketError('EMFILE'), 'connection failed (EMFILE)'],
  [new Error('Query read timeout'), 'no answer in time'],
  [new Error('timeout exceeded when trying to connect'), 'no answer in time'],
  [new Error('Connection terminated due to connection timeout'), 'no answer in time'],
  [new Error('Connection terminated unexpectedly'), 'no primary (connection closed)'],
  [new NotPrimaryError(), 'no primary (the server is a standby)'],
  [new DatabaseFailure(serverError('53100'), 'statement'), 'disk full (53100)'],
  [new DatabaseFailure(socketError('ECONNRESET'), 'commit'), 'connection reset (ECONNRESET)'],
  [new Error('something about user "sbmcrm"'), 'no primary'],
  [undefined, 'no primary'],
])('of %s the cause is %s', (error, cause) => {
  expect(causeOf(error)).toBe(cause);
});
