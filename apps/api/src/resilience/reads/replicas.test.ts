import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../deadline.ts';
import { OPTIONS } from '../fixture.ts';
import { Replicas } from './replicas.ts';

function message(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
const int = (bytes: 2 | 4, value: number) => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
};
const text = (value: string) => Buffer.from(`${value}\0`);

const READY = message('Z', Buffer.from('I'));
const WELCOME = Buffer.concat([message('R', int(4, 0)), READY]);
const TEXT = 25;
/** One row: how far the server has replayed. */
const position = (value: string) =>
  Buffer.concat([
    message('1'),
    message('2'),
    message('T', int(2, 1), text('position'), int(4, 0), int(2, 0), int(4, TEXT), int(2, -1), int(4, -1), int(2, 0)),
    message('D', int(2, 1), int(4, value.length), Buffer.from(value)),
    message('C', text('SELECT 1')),
    READY,
  ]);

/**
 * A server of PostgreSQL's protocol that answers to everything how far it has replayed, each time after a while.
 *
 * @param welcomeMs a connection takes
 * @param replayed tells that position, and is called for each question
 */
async function serve(
  afterMs: (busy: number) => number,
  welcomeMs = 0,
  replayed: () => string = () => '1:0/0',
): Promise<{ server: Server; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  let busy = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', async () => {
      await new Promise((resolve) => setTimeout(resolve, welcomeMs));
      socket.write(WELCOME);
      socket.on('data', () => {
        busy += 1;
        setTimeout(() => {
          busy -= 1;
          socket.write(position(replayed()));
        }, afterMs(busy));
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, sockets };
}

interface Parameters {
  patienceMs?: number;
  welcomeMs?: number;
  replayed?: () => string;
}

/** Connections that there may be. */
const MOST = 40;
/** Who all read at once, one read after the other. */
const READERS = 2 * MOST;

describe('reads at replicas', () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  async function start(
    afterMs: (busy: number) => number,
    { patienceMs = 60_000, welcomeMs = 0, replayed }: Parameters = {},
  ): Promise<{ replicas: Replicas; sockets: Set<Socket> }> {
    const { server, sockets } = await serve(afterMs, welcomeMs, replayed);
    const { port } = server.address() as AddressInfo;
    const here = { ...OPTIONS.server, host: '127.0.0.1', port, max: MOST, min: 5, connectionTimeoutMs: patienceMs };
    const replicas = new Replicas(here, 2);
    ends.push(() => {
      void replicas.pool.end();
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    return { replicas, sockets };
  }

  const nowhere = { timeline: 0, lsn: 0n };
  const read = (replicas: Replicas) =>
    replicas.read(nowhere, Deadline.in(60_000), async (query) => {
      await query('SELECT');
      return 'answer';
    });

  async function connectionsFor(reads: number, afterMs: (busy: number) => number): Promise<number> {
    const { replicas, sockets } = await start(afterMs);
    const reader = async () => {
      for (let n = 0; n < reads; n += 1) {
        expect(await read(replicas)).toEqual({ value: 'answer' });
      }
    };
    await Promise.all(Array.from({ length: READERS }, reader));
    return sockets.size;
  }

  it('open few connections to a replica that gets no more done for more of them', async () => {
    expect(await connectionsFor(2, (busy) => 20 * busy)).toBeLessThanOrEqual(MOST / 2);
  });

  it('wait for their turn, however many there are: that is no failure of the replicas', async () => {
    const { replicas } = await start((busy) => 20 * busy, { patienceMs: 200 });
    // 20 ms for each at best: the last one waits for many times what a connection may take.
    const answers = await Promise.all(Array.from({ length: 60 }, () => read(replicas)));
    expect(answers.filter((answer) => answer === undefined)).toEqual([]);
  });

  it('are refused at once whose turn will not come in time', async () => {
    const { replicas } = await start((busy) => 20 * busy);
    for (let n = 0; n < 5; n += 1) await read(replicas);
    const others = Array.from({ length: 100 }, () => read(replicas));
    const hurried = replicas.read(nowhere, Deadline.in(200), async () => 'answer').catch(({ code }) => code);
    const soon = new Promise((resolve) => setImmediate(() => resolve('waits')));
    expect(await Promise.race([hurried, soon])).toBe('OVERLOADED');
    await Promise.all(others);
  });

  it('leave a connection that takes too long to later ones', async () => {
    const { replicas, sockets } = await start(() => 0, { patienceMs: 200, welcomeMs: 400 });
    expect(await read(replicas)).toBeUndefined();
    await vi.waitFor(() => expect(replicas.pool.idleCount).toBe(1));
    expect(await read(replicas)).toEqual({ value: 'answer' });
    expect(sockets.size).toBe(1);
  });

  it('ask how far a replica is only when they need more than it was known to have', async () => {
    let asked = 0;
    const { replicas } = await start(() => 0, {
      replayed: () => {
        asked += 1;
        return asked === 1 ? '3:0/20' : '3:0/30';
      },
    });
    const after = async (timeline: number, lsn: bigint) => {
      const before = asked;
      const answer = await replicas.read({ timeline, lsn }, Deadline.in(60_000), async () => 'answer');
      return { asked: asked - before, answer: answer?.value };
    };
    expect(await after(3, 0x10n)).toEqual({ asked: 1, answer: 'answer' });
    expect(await after(3, 0x20n)).toEqual({ asked: 0, answer: 'answer' });
    expect(await after(2, 0x08n)).toEqual({ asked: 0, answer: 'answer' });
    expect(await after(3, 0x21n)).toEqual({ asked: 1, answer: 'answer' });
    expect(await after(4, 0x10n)).toEqual({ asked: 1, answer: undefined });
    expect(await after(3, 0x31n)).toEqual({ asked: 1, answer: undefined });
  });

  it('open as many as there may be where each is as quick as one alone', async () => {
    expect(await connectionsFor(10, () => 30)).toBe(MOST);
  });
});
