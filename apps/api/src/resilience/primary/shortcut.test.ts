import { EventEmitter } from 'node:events';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { Deadline } from '../deadline.ts';
import { OPTIONS } from '../fixture.ts';
import type { PrimaryConnections } from './connections.ts';
import { Primary } from './primary.ts';

/** What the server does with the shortcut's statement. */
type Reaction = 'done' | 'nothing' | 'warning' | Error;

/** A server that notes what it is asked; everything but the shortcut works. */
class Server implements PrimaryConnections {
  readonly pool = undefined as never;
  readonly refusal = undefined;
  readonly asked: string[] = [];
  readonly #reaction: Reaction;

  constructor(reaction: Reaction) {
    this.#reaction = reaction;
  }

  async use<T>(work: (client: never) => Promise<T>): Promise<T> {
    const client = new EventEmitter();
    const query = async ({ text }: { text: string }) => {
      this.asked.push(text);
      const lsn = { command: 'SELECT', rows: [{ lsn: '0/16B3748' }] };
      if (text.startsWith('COMMIT')) return [{ command: 'COMMIT', rows: [] }, lsn];
      if (text.startsWith('SELECT pg_current')) return lsn;
      if (text !== 'all at once') return { command: text, rows: [] };
      if (this.#reaction instanceof Error) throw this.#reaction;
      if (this.#reaction === 'warning') client.emit('notice', { severity: 'WARNING' });
      return { command: 'INSERT', rows: this.#reaction === 'nothing' ? [] : [{ body: 'short' }] };
    };
    return work(Object.assign(client, { query }) as never);
  }

  async findPrimary(): Promise<boolean> {
    return true;
  }

  refused(): void {}

  timelineOf(): number {
    return 3;
  }

  async end(): Promise<void> {}
}

function serverError(code: string): Error {
  return Object.assign(new pg.DatabaseError('from the server', 0, 'error'), { code });
}

async function write(reaction: Reaction) {
  const server = new Server(reaction);
  const primary = new Primary(OPTIONS, {}, { connections: server });
  await primary.start();
  const { value, position } = await primary.transaction<string>(
    async ({ query, rerun }) => {
      await query('step');
      return rerun ? 'long, once more' : 'long';
    },
    { deadline: Deadline.in(5000), onUnknown: 'rerun' },
    { text: 'all at once', values: [], read: (row) => String(row.body) },
  );
  return { value, position, asked: server.asked.map((text) => text.split(/[; ]/)[0]) };
}

describe('a shortcut', () => {
  const SHORT = ['all', 'SELECT'];
  const LONG = ['BEGIN', 'step', 'COMMIT'];

  it('is all that runs when it works, and tells where replicas must be', async () => {
    expect(await write('done')).toEqual({
      value: 'short',
      position: { timeline: 3, lsn: 0x16b3748n },
      asked: SHORT,
    });
  });

  it.each<[string, Reaction, string]>([
    ['it finds nothing to do', 'nothing', 'long'],
    ['its key is there already', serverError('23505'), 'long'],
    ['another transaction holds what it wants', serverError('55P03'), 'long'],
    ['the server goes', serverError('57P01'), 'long, once more'],
    ['the connection breaks: it may have been committed', new Error('Connection terminated'), 'long, once more'],
    ['the synchronous standby did not confirm it', 'warning', 'long, once more'],
  ])('gives way to the transaction when %s', async (_what, reaction, value) => {
    expect(await write(reaction)).toMatchObject({ value, asked: ['all', ...LONG] });
  });
});
