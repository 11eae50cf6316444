import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ToolError } from '@sbmcrm/errors';

const ADDRESS = '127.0.0.1';
/** Several who look at a time, or one who reloads, are one look at the platform. */
const FRESH_MS = 2000;
const CONNECTIONS = 32;

/** What is shown, as it is now. */
export interface Served<T> {
  look: () => Promise<T>;
  page: (data: T) => string;
}

/**
 * Serves a page and its figures to this machine alone.
 *
 * @param port 0: one that is free
 * @throws ToolError PORT_TAKEN
 */
export async function serve<T>({ look, page }: Served<T>, port: number): Promise<{ server: Server; url: string }> {
  let last: { endedMs: number; data: Promise<T> } | undefined;
  const fresh = () => {
    if (last && performance.now() - last.endedMs <= FRESH_MS) return last.data;
    const begun = { endedMs: Number.POSITIVE_INFINITY, data: look() };
    last = begun;
    const ended = () => {
      begun.endedMs = performance.now();
    };
    begun.data.then(ended, ended);
    return begun.data;
  };
  const server = createServer(async (asked, answer) => {
    const send = (status: number, type: string, text: string) =>
      answer
        .writeHead(status, {
          'content-type': `${type}; charset=utf-8`,
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        })
        .end(text);
    // A page of somebody else's whose name leads here is not to read it.
    const { port: own } = server.address() as AddressInfo;
    const names = [ADDRESS, 'localhost'].flatMap((name) => [`${name}:${own}`, ...(own === 80 ? [name] : [])]);
    if (!names.includes(asked.headers.host ?? '')) {
      return send(421, 'text/plain', 'this is no name of the dashboard\n');
    }
    if (asked.method !== 'GET') return send(405, 'text/plain', 'only GET\n');
    const path = asked.url?.split('?')[0];
    if (path !== '/' && path !== '/data.json') return send(404, 'text/plain', 'there is / and /data.json\n');
    try {
      const data = await fresh();
      return path === '/' ? send(200, 'text/html', page(data)) : send(200, 'application/json', JSON.stringify(data));
    } catch (error) {
      last = undefined;
      return send(503, 'text/plain', `${(error as Error).message}\n`);
    }
  });
  server.maxConnections = CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new ToolError('PORT_TAKEN', `port ${port} of ${ADDRESS} is taken: give another one with --port`)
          : error,
      ),
    );
    server.listen(port, ADDRESS, resolve);
  });
  return { server, url: `http://${ADDRESS}:${(server.address() as AddressInfo).port}/` };
}
