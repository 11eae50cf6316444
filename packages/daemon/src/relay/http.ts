import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { dial, join } from './forward.ts';
import { comesFrom, isDestination, mayCall, type Place, placeOf, type RelaySetting, tokenOf } from './setting.ts';

/** Names are looked up, and servers elsewhere answer, within so long. */
const CONNECT_MS = 10_000;
const ANSWER_MS = 30_000;
/** A message of Alertmanager's has some kilobytes. */
const MOST_BYTES = 1024 * 1024;
const MOST_CONNECTIONS = 64;

/** What the machine itself takes, by path. @returns the status to answer with */
export type Takers = Readonly<Record<string, (body: unknown) => Promise<number>>>;

/**
 * What leaves a platform by HTTP: a proxy that reaches the destinations of the spec and nothing else, and what the machine takes itself.
 * Callers have to be monitoring hosts, and know the token.
 */
export function relayServer(setting: () => RelaySetting, takers: Takers): Server {
  const server = createServer({ requestTimeout: ANSWER_MS, headersTimeout: 10_000 }, async (incoming, answer) => {
    incoming.on('error', () => {});
    answer.on('error', () => {});
    try {
      await serve(setting(), takers, incoming, answer);
    } catch (error) {
      console.error(`relay: ${(error as Error).message}`);
      if (!answer.headersSent) refuse(answer, 502, 'the destination does not answer');
      else answer.destroy();
    }
  });
  server.maxConnections = MOST_CONNECTIONS;
  // Others hold no place that monitoring hosts need.
  server.on('connection', (socket: Socket) => {
    if (!comesFrom(setting(), socket.remoteAddress)) socket.destroy();
  });
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    socket.on('error', () => {});
    connectTo(setting(), incoming, socket).catch((error: Error) => {
      console.error(`relay: ${error.message}`);
      socket.destroy();
    });
  });
  return server;
}

async function connectTo(setting: RelaySetting, incoming: IncomingMessage, socket: Socket): Promise<void> {
  // Nobody else looks after it from here on: one that stays half open would keep its place.
  const end = (status: string) => {
    socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
  };
  const place = placeOf(incoming.url);
  if (!mayCall(setting, socket.remoteAddress, tokenOf(incoming.headers['proxy-authorization'])))
    return end('407 Proxy Authentication Required');
  if (!place || !isDestination(setting, place)) return end('403 Forbidden');
  const other = await dial(place, CONNECT_MS);
  if (!other) return end('502 Bad Gateway');
  if (socket.destroyed) {
    other.destroy();
    return;
  }
  socket.write('HTTP/1.1 200 OK\r\n\r\n');
  join(socket, other);
}

function refuse(answer: ServerResponse, status: number, message: string): void {
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message } }));
}

async function serve(
  setting: RelaySetting,
  takers: Takers,
  incoming: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const { url = '', method, headers } = incoming;
  const isProxied = url.startsWith('http://');
  const token = tokenOf(isProxied ? headers['proxy-authorization'] : headers.authorization);
  if (!mayCall(setting, incoming.socket.remoteAddress, token))
    return refuse(answer, isProxied ? 407 : 401, 'only monitoring hosts send, with the token of the relay');
  if (isProxied) return pass(setting, url, incoming, answer);
  const take = takers[url];
  if (!take || method !== 'POST') return refuse(answer, 404, 'the relay takes no such call');
  let body: unknown;
  try {
    body = JSON.parse(await textOf(incoming));
  } catch (error) {
    return refuse(answer, 400, (error as Error).message);
  }
  const status = await take(body);
  answer.writeHead(status).end();
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

const portOf = ({ port }: URL): number => (port === '' ? 80 : Number(port));

/** Headers that are about one connection, and not for the other end. */
const OWN_HEADERS = [
  'proxy-authorization',
  'proxy-connection',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
];

/** One request to a destination that is not encrypted. */
async function pass(
  setting: RelaySetting,
  text: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const place: Place | undefined = url && { host: url.hostname.replace(/^\[|\]$/g, ''), port: portOf(url) };
  if (!url || !place || !isDestination(setting, place))
    return refuse(answer, 403, 'the spec names no such destination');
  if (incoming.method !== 'POST') return refuse(answer, 405, 'alerts are posted');
  const body = await textOf(incoming);
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).filter(([name]) => !OWN_HEADERS.includes(name) && name !== 'content-length'),
  );
  await new Promise<void>((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        headers: { ...headers, host: url.host, 'content-length': Buffer.byteLength(body) },
        signal: AbortSignal.timeout(ANSWER_MS),
        agent: false,
      },
      (got) => {
        const { statusCode: status = 0, headers: sent } = got;
        // Node refuses to pass on what is none; an error in here would end the process.
        if (status < 200 || status > 599) {
          got.destroy();
          return reject(new Error(`a destination answered with status ${status}`));
        }
        answer.writeHead(status, { 'content-type': sent['content-type'] ?? 'text/plain' });
        got.on('error', reject);
        got.on('end', resolve);
        got.pipe(answer);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
