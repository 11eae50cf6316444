import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultRequest } from '../faults/fault.ts';
import type { CloudTokens } from './scopes.ts';
import { createServer, type Services } from './server.ts';

const tokens = { observe: 'o', operate: 'p', fence: 'f', inject: 'i' } as CloudTokens;
let asked: FaultRequest[][] = [];
/** A cloud that notes which faults it is asked for. */
const faults = {
  inject: async (requests: FaultRequest[]) => {
    asked.push(requests);
    return requests.map((request, n) => ({ ...request, id: `${n}`, since: '' }));
  },
};
const server = createServer({ tokens, faults } as unknown as Services);
const post = async (payload: object, token = 'i') => {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await server.inject({ method: 'POST', url: '/v1/faults', headers, payload });
  return { status: answer.statusCode, ...(answer.json() as { data?: unknown; error?: { code: string } }) };
};

beforeEach(() => {
  asked = [];
});
afterAll(() => server.close());

describe('POST /v1/faults', () => {
  const stop = { kind: 'stop', target: 'redis-a' };
  const slow = { kind: 'slow', target: 'redis-b', lossPercent: 5 };

  it('takes one fault and answers with it, or a list for one stroke and answers with a list', async () => {
    expect(await post(stop)).toMatchObject({ status: 200, data: { id: '0', ...stop } });
    expect(await post([stop, slow])).toMatchObject({ status: 200, data: [stop, slow] });
    expect(asked).toEqual([[stop], [stop, slow]]);
  });

  it.each<[string, object]>([
    ['a kind that there is not', { ...stop, kind: 'melt' }],
    ['an option that no kind has', { ...stop, colour: 'red' }],
    ['a word that the option does not know', { kind: 'isolate', target: 'redis-a', direction: 'up' }],
    ['an empty list', []],
    ['a list with one that is wrong', [stop, { ...stop, kind: 'melt' }]],
    ['more than a hundred', Array.from({ length: 101 }, () => stop)],
  ])('refuses %s', async (_what, payload) => {
    expect(await post(payload)).toMatchObject({ status: 400, error: { code: 'VALIDATION' } });
    expect(asked).toEqual([]);
  });

  it('needs the token that may inject', async () => {
    expect(await post(stop, 'p')).toMatchObject({ status: 403, error: { code: 'FORBIDDEN' } });
    expect(asked).toEqual([]);
  });
});
