import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '../errors.ts';
import { Deadline } from '../resilience/deadline.ts';
import { DatabaseFailure } from '../resilience/primary/classify.ts';
import type { Primary } from '../resilience/primary/primary.ts';
import type { Transaction, TransactionOptions } from '../resilience/primary/transact.ts';
import { decideReplay, once, parseKey, requestHash } from './idempotency.ts';

const hash = requestHash('POST', '/x', { a: 1 });
const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error instanceof ApiError ? error.code : 'other';
  }
  return 'none';
};

describe('decideReplay', () => {
  const row = { request_hash: hash, status: 201, body: '{"data":1}' };

  it('repeats the stored answer', () => {
    expect(decideReplay(row, hash)).toEqual({ status: 201, body: '{"data":1}' });
  });

  it.each([
    ['IDEMPOTENCY_KEY_REUSED', { ...row, request_hash: requestHash('POST', '/x', { a: 2 }) }],
    ['IN_PROGRESS', { ...row, status: null, body: null }],
    ['IN_PROGRESS', undefined],
  ])('answers %s', (expected, stored) => {
    expect(code(() => decideReplay(stored, hash))).toBe(expected);
  });
});

describe('requestHash', () => {
  it('does not depend on the order of keys, also deep inside', () => {
    expect(requestHash('POST', '/x', { a: 1, b: { c: 1, d: [1, 2] } })).toEqual(
      requestHash('POST', '/x', { b: { d: [1, 2], c: 1 }, a: 1 }),
    );
  });

  it.each([
    ['PUT', '/x', { a: 1 }],
    ['POST', '/y', { a: 1 }],
    ['POST', '/x', { a: '1' }],
    ['POST', '/x', undefined],
  ])('differs for %s %s %j', (method, path, body) => {
    expect(requestHash(method, path, body)).not.toEqual(hash);
  });

  it('depends on the order of lists', () => {
    expect(requestHash('POST', '/x', [1, 2])).not.toEqual(requestHash('POST', '/x', [2, 1]));
  });
});

describe('parseKey', () => {
  it('takes printable text, and none for none', () => {
    expect(parseKey('6f0c-A_1')).toBe('6f0c-A_1');
    expect(parseKey(undefined)).toBeUndefined();
  });

  it.each(['', 'a b', 'ä', 'x'.repeat(256), ['a', 'b']])('refuses %j', (header) => {
    expect(code(() => parseKey(header))).toBe('VALIDATION');
  });
});

/** One key's row, as the statements of `once` see it; a transaction that throws leaves it as it was. */
class OneRow {
  row: { request_hash: Buffer; status: number | null; body: string | null } | undefined;
  /** SQLSTATEs that the next claims fail with. */
  failures: string[] = [];
  transactions = 0;

  async transaction<T>(work: (tx: Transaction) => Promise<T>, options: TransactionOptions) {
    expect(options.onUnknown).toBe('rerun');
    for (;;) {
      this.transactions += 1;
      const before = this.row;
      try {
        const value = await work({ rerun: false, query: (text, values = []) => this.#answer(text, values) });
        return { value, position: { timeline: 1, lsn: 1n } };
      } catch (error) {
        this.row = before;
        if (error instanceof DatabaseFailure && error.kind === 'conflict') continue;
        throw error;
      }
    }
  }

  async #answer(text: string, values: readonly unknown[]): Promise<never[]> {
    const failure = this.failures.shift();
    if (failure) {
      const error = new pg.DatabaseError('lock', 0, 'error');
      error.code = failure;
      throw new DatabaseFailure(error, 'statement');
    }
    if (text.startsWith('INSERT')) {
      if (this.row) return [];
      this.row = { request_hash: values[2] as Buffer, status: null, body: null };
      return [{}] as never[];
    }
    if (text.includes('replays')) return (this.row ? [this.row] : []) as never[];
    if (this.row) this.row = { ...this.row, status: values[2] as number, body: values[3] as string };
    return [];
  }
}

describe('once', () => {
  const request = { userId: 'u', key: 'k', hash, deadline: Deadline.in(60_000) };
  const run = (table: OneRow, effect: (tx: Transaction) => Promise<{ status: number; body: string }>) =>
    once(table as unknown as Primary, request, effect);

  it('runs the effect for a new key and repeats its answer afterwards', async () => {
    const table = new OneRow();
    let effects = 0;
    const effect = async () => ({ status: 201, body: `{"n":${++effects}}` });
    expect((await run(table, effect)).value).toEqual({ status: 201, body: '{"n":1}', replayed: false });
    expect((await run(table, effect)).value).toEqual({ status: 201, body: '{"n":1}', replayed: true });
    expect(effects).toBe(1);
  });

  it('stores a refusal as the answer, in a transaction without the effect', async () => {
    const table = new OneRow();
    const refuse = async () => {
      throw new ApiError('INSUFFICIENT_POINTS');
    };
    const first = (await run(table, refuse)).value;
    expect(first).toMatchObject({ status: 422, replayed: false });
    expect(table.transactions).toBe(2);
    expect((await run(table, async () => ({ status: 201, body: '' }))).value).toEqual({ ...first, replayed: true });
  });

  it('stores nothing when the effect fails otherwise', async () => {
    const table = new OneRow();
    await expect(
      run(table, async () => {
        throw new Error('bug');
      }),
    ).rejects.toThrow('bug');
    expect(table.row).toBeUndefined();
  });

  it('waits for another transaction with the key', async () => {
    const table = new OneRow();
    table.failures = ['55P03', '55P03'];
    expect((await run(table, async () => ({ status: 200, body: '' }))).value.replayed).toBe(false);
    expect(table.transactions).toBe(3);
  });

  it('counts its patience from when it sees the key in use: the wait for a primary before is not the other request’s', async () => {
    const table = new OneRow();
    table.failures = ['55P03', '55P03'];
    let now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    try {
      const late = { transaction: table.transaction.bind(table) } as unknown as Primary;
      const held = {
        transaction: (...args: Parameters<Primary['transaction']>) => {
          now += 20_000;
          return late.transaction(...args);
        },
      };
      const answer = once(held as unknown as Primary, request, async () => ({ status: 200, body: '' }));
      expect((await answer).value.status).toBe(200);
    } finally {
      clock.mockRestore();
    }
  });
});
