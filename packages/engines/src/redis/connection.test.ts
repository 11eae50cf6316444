import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RedisConnections } from './connection.ts';

/** A Redis that answers every command with OK, as far as it must. */
class FakeRedis {
  readonly sockets = new Set<Socket>();
  connections = 0;
  readonly #server: Server = createServer((socket) => {
    this.connections += 1;
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
    // Each command is an array (`*`) of its words.
    socket.on('data', (data) => socket.write('+OK\r\n'.repeat(data.toString().match(/^\*\d/gm)?.length ?? 0)));
  });

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('kept connections', () => {
  let server: FakeRedis;
  let port = 0;
  let connections: RedisConnections;
  const ask = () => connections.run('127.0.0.1', port, 'secret', (redis) => redis.call('ROLE'));

  beforeEach(async () => {
    server = new FakeRedis();
    port = await server.listen();
    connections = new RedisConnections();
  });
  afterEach(async () => {
    connections.close();
    await server.close();
  });

  it('serve one look after the other', async () => {
    for (let look = 0; look < 3; look += 1) expect(await ask()).toBe('OK');
    expect(server.connections).toBe(1);
  });

  it('are opened again within the look that finds them broken', async () => {
    await ask();
    const [socket] = server.sockets;
    socket?.destroy();
    expect(await ask()).toBe('OK');
    expect(server.connections).toBe(2);
  });

  it('tell of a server that is gone, and find it when it is back', async () => {
    await ask();
    await server.close();
    expect(await ask()).toBeUndefined();
    server = new FakeRedis();
    port = await server.listen();
    expect(await ask()).toBe('OK');
  });

  it('are gone after the end', async () => {
    await ask();
    const [socket] = server.sockets;
    const ended = new Promise((resolve) => socket?.once('close', resolve));
    connections.close();
    await ended;
    expect(server.sockets.size).toBe(0);
  });
});
