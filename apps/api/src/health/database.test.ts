import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { DatabaseFailure, type Phase } from '../resilience/primary/classify.ts';
import { Unwell } from './check.ts';
import { databaseHealth, type PrimaryHealth } from './database.ts';

function failure(code: string, phase: Phase): DatabaseFailure {
  const error = new pg.DatabaseError('FATAL: … for user "sbmcrm"', 0, 'error');
  error.code = code;
  return new DatabaseFailure(error, phase);
}
const refused = Object.assign(new Error('connect ECONNREFUSED 10.77.1.30:5432'), { code: 'ECONNREFUSED' });

/** A primary that is well but for what is given. */
const primary = (change: Partial<PrimaryHealth> & { fails?: unknown }): PrimaryHealth => ({
  ping: async () => {
    if (change.fails !== undefined) throw change.fails;
  },
  tryWrite: async () => {
    throw new Error('no');
  },
  writeTrouble: undefined,
  lacksRoom: false,
  shortage: undefined,
  serves: false,
  ...change,
});

describe('the health of the database', () => {
  it('is good when it answers and takes writes', async () => {
    expect(await databaseHealth(primary({}), 2000)).toBeUndefined();
  });

  it('is good, with a note, while its connections are busy and work goes on', async () => {
    const busy = new DatabaseFailure(new Error('timeout exceeded when trying to connect'), 'connect');
    expect(await databaseHealth(primary({ fails: busy, serves: true }), 2000)).toBe('no answer in time');
    await expect(databaseHealth(primary({ fails: busy }), 2000)).rejects.toThrow('no answer in time');
  });

  it('is good again when a write of its own succeeds', async () => {
    const mended: { -readonly [key in keyof PrimaryHealth]: PrimaryHealth[key] } = {
      ...primary({ writeTrouble: failure('53100', 'statement') }),
      tryWrite: async () => {
        mended.writeTrouble = undefined;
      },
    };
    expect(await databaseHealth(mended, 2000)).toBeUndefined();
  });

  it('tries a write that takes room where one failed for want of it, though another one succeeded since', async () => {
    let tries = 0;
    const tryWrite = async () => {
      tries += 1;
    };
    await databaseHealth(primary({ tryWrite }), 2000);
    expect(tries).toBe(0);
    await databaseHealth(primary({ tryWrite, lacksRoom: true }), 2000);
    expect(tries).toBe(1);
  });

  it.each<[string, Parameters<typeof primary>[0], string]>([
    ['login refused', { fails: failure('28P01', 'connect') }, 'login refused (28P01)'],
    ['as the prober met it', { fails: failure('28P01', 'connect').cause }, 'login refused (28P01)'],
    ['nobody listens', { fails: refused }, 'connection refused (ECONNREFUSED)'],
    [
      'no primary behind the name',
      { fails: new Error('Connection terminated unexpectedly') },
      'no primary (connection closed)',
    ],
    ['no primary seen yet', { fails: new Error('no primary') }, 'no primary'],
    ['out of connections, and nothing goes on', { fails: failure('53300', 'connect') }, 'out of connections (53300)'],
    [
      'disk full, while reads are answered',
      { writeTrouble: failure('53100', 'statement'), serves: true },
      'answers, but takes no writes: disk full (53100)',
    ],
    [
      'gone, after its disk was full',
      { fails: refused, writeTrouble: failure('53100', 'statement') },
      'connection refused (ECONNREFUSED)',
    ],
  ])('is bad: %s', async (_what, change, detail) => {
    await expect(databaseHealth(primary(change), 2000)).rejects.toEqual(new Unwell(detail));
  });

  it.each<[string, Parameters<typeof primary>[0]]>([
    ['the check itself got none', { fails: failure('53300', 'connect'), serves: true }],
    ['the pool wanted one more', { shortage: failure('53300', 'connect').cause, serves: true }],
  ])('is good, with a note, while work goes on over the connections that are open: %s', async (_what, change) => {
    expect(await databaseHealth(primary(change), 2000)).toBe('out of connections (53300)');
  });
});
