import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { callHttp, probeHttp } from './index.ts';

describe('an HTTP call', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  async function serve(answer: RequestListener): Promise<string> {
    server = createServer(answer);
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('sends a body and tells status, headers and text', async () => {
    const url = await serve(async (request, response) => {
      let text = '';
      for await (const part of request) text += part;
      response
        .writeHead(201, { 'x-read-after': '1:0/A' })
        .end(`${request.method} ${request.headers.authorization} ${text}`);
    });
    const call = {
      method: 'PUT',
      headers: { authorization: 'Bearer x' },
      body: '{"ä":1}',
      signal: AbortSignal.timeout(5000),
    };
    const { status, headers, text } = await callHttp(`${url}/a`, call);
    expect({ status, position: headers['x-read-after'], text }).toEqual({
      status: 201,
      position: '1:0/A',
      text: 'PUT Bearer x {"ä":1}',
    });
  });

  it('follows no redirect', async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    expect(await probeHttp(url)).toEqual({ status: 302, text: '', json: undefined });
  });

  it('ends with its time, also in the middle of an answer', async () => {
    const url = await serve((_request, response) => response.write('begun'));
    expect(await probeHttp(url, { timeoutMs: 100 })).toBeUndefined();
  });

  it('reads no answer without end', async () => {
    const part = Buffer.alloc(1024 * 1024);
    const url = await serve((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(part));
      };
      response.on('drain', more);
      more();
    });
    await expect(callHttp(url, { signal: AbortSignal.timeout(20_000) })).rejects.toThrow('more than 16777216 bytes');
  });
});
