import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { CookieJar } from './cookies.ts';
import { HttpClient } from './http-client.ts';

let server: Server | undefined;
let client: HttpClient | undefined;
afterEach(async () => {
  await client?.close();
  server?.closeAllConnections();
  server?.close();
});

/** A server whose n-th request is handled by the n-th handler, the last one for all further ones. */
async function serve(...handlers: ((request: IncomingMessage, response: ServerResponse) => void)[]): Promise<string[]> {
  const keys: string[] = [];
  server = createServer((request, response) => {
    keys.push(String(request.headers['idempotency-key']));
    handlers[Math.min(keys.length, handlers.length) - 1]?.(request, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  client = new HttpClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return keys;
}

const post = { method: 'POST' as const, path: '/', body: { points: 1 }, key: 'k1' };
const answer = (status: number, body: object) => (_request: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

describe('HttpClient', () => {
  it('repeats a request whose connection broke, under the same key', async () => {
    const cut = (request: IncomingMessage) => void request.socket.destroy();
    const keys = await serve(cut, cut, answer(201, { data: 1 }));
    expect(await client?.send(post)).toMatchObject({ status: 201, body: { data: 1 }, attempts: 3 });
    expect(keys).toEqual(['k1', 'k1', 'k1']);
  });

  it('takes a 503 for an answer: it is not repeated', async () => {
    const keys = await serve(answer(503, { error: { code: 'UNAVAILABLE' } }));
    expect(await client?.send(post)).toMatchObject({ status: 503, code: 'UNAVAILABLE', attempts: 1 });
    expect(keys).toHaveLength(1);
  });

  it('gives up at its deadline, with what stood in the way', async () => {
    await serve(() => {});
    expect(await client?.send(post, 200)).toMatchObject({ code: 'TimeoutError', attempts: 1 });
    const nobody = new HttpClient('http://127.0.0.1:9');
    const refused = await nobody.send(post, 300);
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
    expect(refused.attempts).toBeGreaterThan(1);
    await nobody.close();
  });
});

describe('CookieJar', () => {
  it('keeps the last value of each cookie, as a browser does', () => {
    const jar = new CookieJar();
    jar.store(['a=1; Path=/; HttpOnly', 'b=x=y']);
    jar.store('a=2');
    jar.store(undefined);
    expect(jar.header()).toBe('a=2; b=x=y');
  });
});
