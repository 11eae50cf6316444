import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createExternalLook } from './external.ts';
import { overallStatus } from './routes.ts';

let server: Server;
let asked = 0;
let status: number | undefined = 200;

beforeEach(async () => {
  asked = 0;
  status = 200;
  server = createServer((_request, response) => {
    asked += 1;
    // Undefined: it says nothing.
    if (status !== undefined) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const payments = () => ({
  name: 'payments',
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`,
  timeoutMs: 100,
});

describe('a look at others’ APIs', () => {
  it('is well when all answer below 500', async () => {
    expect(await createExternalLook([])()).toBe('none configured');
    status = 401;
    expect(await createExternalLook([payments()])()).toBe('1 reached');
  });

  it('names each that is away, and why', async () => {
    const nobody = { name: 'mail', url: 'http://127.0.0.1:1/', timeoutMs: 100 };
    const look = createExternalLook([payments(), nobody]);
    status = 503;
    await expect(look()).rejects.toThrow('payments answers 503, mail cannot be reached');
    status = undefined;
    await expect(look()).rejects.toThrow('payments does not answer in time, mail cannot be reached');
  });

  it('leaves one alone that failed three times in a row', async () => {
    status = 500;
    const look = createExternalLook([payments()]);
    for (let n = 0; n < 3; n += 1) await expect(look()).rejects.toThrow('answers 500');
    status = 200;
    await expect(look()).rejects.toThrow('payments is away, asked again every 10 s');
    expect(asked).toBe(3);
  });
});

describe('the word for all checks', () => {
  const check = (status: 'ok' | 'failed') => ({ status });
  it.each([
    ['healthy', 'ok', 'ok', 'ok'],
    ['degraded', 'ok', 'ok', 'failed'],
    ['unhealthy', 'failed', 'ok', 'ok'],
    ['unhealthy', 'ok', 'failed', 'failed'],
  ] as const)('is %s with the database %s, Redis %s and others’ APIs %s', (word, database, redis, external) => {
    expect(overallStatus({ database: check(database), redis: check(redis), externalApis: check(external) })).toBe(word);
  });
});
