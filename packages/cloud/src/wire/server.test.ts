import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cloud } from '../cloud.ts';
import type { FaultRequest } from '../faults/fault.ts';
import type { FaultKinds } from '../faults/kind.ts';
import type { CloudTokens } from './scopes.ts';
import { createServer } from './server.ts';

const tokens = { observe: 'o', operate: 'p', fence: 'f', inject: 'i' } as CloudTokens;
let asked: FaultRequest[][] = [];
const kinds: FaultKinds = {
  stop: { takes: ['host', 'place'], about: '' },
  isolate: {
    takes: ['host'],
    about: '',
    options: { direction: { flag: 'direction', about: '', choices: ['in', 'out', 'both'] } },
  },
  slow: {
    takes: ['host'],
    about: '',
    options: { lossPercent: { flag: 'loss', about: '', unit: 'percent', example: '5%', min: 0.01, max: 100 } },
  },
};
/** A cloud that notes which faults it is asked for. */
const cloud = {
  kinds,
  access: {},
  injectFaults: async (requests: FaultRequest[]) => {
    asked.push(requests);
    return requests.map((request, n) => ({ ...request, id: `${n}`, since: '' }));
  },
} as unknown as Cloud;
const server = createServer(cloud, tokens);
const post = async (payload: object, token = 'i') => {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await server.inject({ method: 'POST', url: '/v1/faults', headers, payload });
  return { status: answer.statusCode, ...(answer.json() as { data?: unknown; error?: { code: string } }) };
};

beforeEach(() => {
  asked = [];
});
afterAll(() => server.close());

describe('tasks', () => {
  const put = (token: string, ask = server) =>
    ask.inject({
      method: 'PUT',
      url: '/v1/tasks/drill',
      headers: { authorization: `Bearer ${token}` },
      payload: { due: '2026-11-29T04:00:00Z' },
    });

  it('are run for the token that may, and for no other', async () => {
    const ran: string[] = [];
    const tasks = { run: async (name: string, due: string) => ran.push(`${name} ${due}`) };
    const own = createServer({ ...cloud, tasks } as unknown as Cloud, { ...tokens, schedule: 's' });
    for (const token of ['o', 'p', 'f', 'i']) expect((await put(token, own)).statusCode).toBe(403);
    expect(ran).toEqual([]);
    expect((await put('s', own)).statusCode).toBe(200);
    expect(ran).toEqual(['drill 2026-11-29T04:00:00Z']);
    await own.close();
  });

  it('are nobody’s where there is no such token yet', async () => {
    for (const token of ['undefined', '']) expect((await put(token)).statusCode).toBe(401);
  });
});

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

describe('GET /v1/hosts/:name/disk', () => {
  it('says so where the provider shows no disks', async () => {
    const headers = { authorization: 'Bearer p' };
    const answer = await server.inject({ url: '/v1/hosts/redis-a/disk?path=x', headers });
    expect([answer.statusCode, answer.json()]).toMatchObject([501, { error: { code: 'NOT_OFFERED' } }]);
  });
});
