import { describe, expect, it, vi } from 'vitest';
import type { Cache } from '../cache/cache.ts';
import { Deadline } from '../resilience/deadline.ts';
import type { Primary } from '../resilience/primary/primary.ts';
import { Sessions } from './sessions.ts';

const TOKEN = 'a'.repeat(43);
const user = { id: 'u', email: 'u@example.com', role: 'admin' };

/** Sessions over a database that knows one user for every token until a session is ended, and an empty cache. */
function sessions() {
  let isEnded = false;
  const row = () => ({ ...user, expires_at: new Date(Date.now() + 60_000) });
  const read = vi.fn(async () => (isEnded ? [] : [row()]));
  const get = vi.fn(async () => undefined);
  const transaction = async () => {
    isEnded = true;
    return { value: undefined };
  };
  const primary = { read, transaction } as unknown as Primary;
  const cache = { get, add: async () => {}, put: async () => {} } as unknown as Cache;
  return { of: new Sessions(primary, cache), read, get };
}

describe('sessions', () => {
  it('ask once for a token, however many requests come with it at a time', async () => {
    const { of, read, get } = sessions();
    const found = await Promise.all(Array.from({ length: 20 }, () => of.find(TOKEN, Deadline.in(30_000))));
    expect(found).toEqual(Array.from({ length: 20 }, () => user));
    expect([read.mock.calls.length, get.mock.calls.length]).toEqual([1, 1]);
  });

  it.each(['', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}.`, 'a'.repeat(16_000)])(
    'ask nobody about what cannot be a token: %#',
    async (token) => {
      const { of, read, get } = sessions();
      expect(await of.find(token, Deadline.in(30_000))).toBeUndefined();
      expect([read.mock.calls.length, get.mock.calls.length]).toEqual([0, 0]);
    },
  );

  it('end at once for who ends them here', async () => {
    const { of } = sessions();
    expect(await of.find(TOKEN, Deadline.in(30_000))).toEqual(user);
    await of.end(TOKEN, Deadline.in(30_000));
    expect(await of.find(TOKEN, Deadline.in(30_000))).toBeUndefined();
  });
});
