import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Place } from './setting.ts';

/** Longer than a dead host's silence may hold the next one up. */
const CONNECT_MS = 1000;
/** A connection that says nothing for so long is closed. */
const IDLE_MS = 300_000;
/** Connections at once; more are closed at once. */
const MOST_CONNECTIONS = 64;

/** The first of several places that takes a connection; undefined: none does. */
export async function firstThatAnswers(places: readonly Place[], withinMs = CONNECT_MS): Promise<Socket | undefined> {
  for (const place of places) {
    const socket = await dial(place, withinMs);
    if (socket) return socket;
  }
  return undefined;
}

/** A connection; undefined where nobody takes it. Never throws. */
export function dial({ host, port }: Place, withinMs: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (result: Socket | undefined) => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(result);
    };
    const fail = () => end(undefined);
    const timer = setTimeout(() => {
      fail();
      socket.on('error', () => {});
      socket.destroy();
    }, withinMs);
    socket.once('error', fail);
    socket.once('connect', () => end(socket));
  });
}

/** Passes bytes both ways until one side ends. */
export function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.setTimeout(IDLE_MS, () => from.destroy());
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
    from.pipe(to);
  }
}

/**
 * A server that passes each connection on.
 *
 * @param mayUse whether who connects is let in
 * @param connected where to; undefined: the connection is closed
 */
export function forwarder(
  mayUse: (from: string | undefined) => boolean,
  connected: () => Promise<Socket | undefined>,
): Server {
  const pass = async (socket: Socket) => {
    const other = await connected();
    if (!other) socket.destroy();
    else if (socket.destroyed) other.destroy();
    else join(socket, other);
  };
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {});
    if (!mayUse(socket.remoteAddress)) return socket.destroy();
    pass(socket).catch((error: Error) => {
      console.error(`relay: ${error.message}`);
      socket.destroy();
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}
