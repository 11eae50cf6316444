import { createHash } from 'node:crypto';
import { ApiError, errorBody } from '../errors.ts';
import type { Deadline } from '../resilience/deadline.ts';
import { DatabaseFailure } from '../resilience/primary/classify.ts';
import type { Primary } from '../resilience/primary/primary.ts';
import type { Statement } from '../resilience/primary/statements.ts';
import type { Committed, Shortcut, Transaction } from '../resilience/primary/transact.ts';

/** How long a request waits for another one with the same key before it answers IN_PROGRESS: longer than the server keeps the transaction of a client that died. */
const KEY_WAIT_MS = 8000;

/** An answer as it is stored and sent: the same bytes each time. */
export interface Answer {
  status: number;
  body: string;
}

export interface OnceRequest {
  userId: string;
  key: string;
  hash: Buffer;
  deadline: Deadline;
  /** As in {@link TransactionOptions}. */
  keys?: readonly string[];
}

/** What is stored under a key, as a statement's row. */
interface StoredAnswer extends Record<string, unknown> {
  status: number;
  body: string;
}

/** Since when the key is seen in use. The time before, in which there was no primary, is not the other request's doing. */
interface KeyWait {
  since?: number;
}

/** The effect refused in a way that is this key's answer from now on. */
class Refused extends Error {
  readonly answer: Answer;

  constructor(error: ApiError) {
    super(error.message);
    this.answer = { status: error.status, body: JSON.stringify(errorBody(error)) };
  }
}

/**
 * Runs `effect` exactly once for a user's key, however often and wherever it is asked for, and gives the same answer each time.
 *
 * The key's row is inserted first, in the effect's own transaction. The unique index then makes a second request wait for
 * the first one's outcome, and after a failover the row is there exactly if the effect is. An advisory lock would live in
 * one server's memory and be gone with it.
 *
 * A replay writes to the row and commits before it answers. A COMMIT that was broken off while it waited for the synchronous
 * standby is visible on the primary but not yet safe; a later commit is confirmed only when all before it are.
 *
 * @param atOnce does the same as all this in the usual case, by one statement: the effect, and the key's row with its answer,
 *   of which it returns `status` and `body`; nothing, or a violation of the key's unique index, in any other case
 */
export async function once(
  primary: Primary,
  request: OnceRequest,
  effect: (tx: Transaction) => Promise<Answer>,
  atOnce?: Statement,
): Promise<Committed<Answer & { replayed: boolean }>> {
  const waiting: KeyWait = {};
  const run = (work: (tx: Transaction) => Promise<Answer>, shortcut?: Shortcut<Answer & { replayed: boolean }>) =>
    primary.transaction(
      async (tx) => {
        if (!(await claim(tx, request, waiting))) return { ...(await replay(tx, request)), replayed: true };
        const answer = await work(tx);
        await tx.query('UPDATE idempotency_keys SET status = $3, body = $4 WHERE user_id = $1 AND key = $2', [
          request.userId,
          request.key,
          answer.status,
          answer.body,
        ]);
        return { ...answer, replayed: false };
      },
      { deadline: request.deadline, onUnknown: 'rerun', keys: request.keys ?? [] },
      shortcut,
    );

  try {
    return await run((tx) => effect(tx).catch(refuse), atOnce && { ...atOnce, read: asFirstAnswer });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // What the effect wrote before it refused is rolled back; its answer is stored in a transaction of its own.
    return await run(async () => error.answer);
  }
}

function asFirstAnswer(row: Record<string, unknown>): Answer & { replayed: boolean } {
  const { status, body } = row as StoredAnswer;
  return { status, body, replayed: false };
}

function refuse(error: unknown): never {
  throw error instanceof ApiError && error.status < 500 ? new Refused(error) : error;
}

/** @returns false when the key has been used; waits while another transaction is using it */
async function claim(tx: Transaction, { userId, key, hash }: OnceRequest, waiting: KeyWait): Promise<boolean> {
  try {
    const rows = await tx.query(
      'INSERT INTO idempotency_keys (user_id, key, request_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING key',
      [userId, key, hash],
    );
    return rows.length > 0;
  } catch (error) {
    // The lock time-out is tried again until our own patience ends. In a rerun it is our own earlier transaction that
    // is still running: then its outcome is what the caller waits for.
    const busy = error instanceof DatabaseFailure && error.sqlState === '55P03';
    if (busy) waiting.since ??= performance.now();
    if (busy && !tx.rerun && performance.now() - (waiting.since ?? 0) > KEY_WAIT_MS) throw new ApiError('IN_PROGRESS');
    throw error;
  }
}

async function replay(tx: Transaction, { userId, key, hash }: OnceRequest): Promise<Answer> {
  const [row] = await tx.query<StoredKey>(
    `UPDATE idempotency_keys SET replays = replays + 1, replayed_at = now()
      WHERE user_id = $1 AND key = $2 RETURNING request_hash, status, body`,
    [userId, key],
  );
  return decideReplay(row, hash);
}

export interface StoredKey extends Record<string, unknown> {
  request_hash: Buffer;
  status: number | null;
  body: string | null;
}

/**
 * What a used key answers. Pure.
 *
 * @throws {ApiError} IDEMPOTENCY_KEY_REUSED for another request; IN_PROGRESS when the row has gone or is not complete
 */
export function decideReplay(row: StoredKey | undefined, hash: Buffer): Answer {
  // Removed by the clean-up between our two statements: asked again, it is a new key.
  if (!row) throw new ApiError('IN_PROGRESS');
  if (!row.request_hash.equals(hash)) throw new ApiError('IDEMPOTENCY_KEY_REUSED');
  if (row.status === null || row.body === null) throw new ApiError('IN_PROGRESS');
  return { status: row.status, body: row.body };
}

/** The key of a request; undefined without one. Printable ASCII, at most 255 characters. */
export function parseKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw new ApiError('VALIDATION', [
    { path: 'Idempotency-Key', message: 'wants 1 to 255 printable characters without spaces' },
  ]);
}

/** Two requests are the same when method, path and JSON value are; the order of an object's keys does not count. */
export function requestHash(method: string, path: string, body: unknown): Buffer {
  return createHash('sha256')
    .update(`${method}\n${path}\n${canonical(body)}`)
    .digest();
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? ''
  );
}
