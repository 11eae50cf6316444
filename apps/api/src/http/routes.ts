import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import type { User } from '../auth/sessions.ts';
import { ApiError } from '../errors.ts';
import type { Statement } from '../resilience/primary/statements.ts';
import type { Transaction } from '../resilience/primary/transact.ts';
import { sessionToken, setReadAfter } from './context.ts';
import { type Answer, type OnceRequest, once, parseKey, requestHash } from './idempotency.ts';

/** A hook that lets in requests with a session, and tells whose. */
export function requireSession({ sessions }: App): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const token = sessionToken(request);
    request.user = token === undefined ? undefined : await sessions.find(token, request.deadline);
    if (!request.user) throw new ApiError('UNAUTHENTICATED');
  };
}

/** The user of a request behind {@link requireSession}. */
export function userOf(request: FastifyRequest): User {
  if (!request.user) throw new ApiError('UNAUTHENTICATED');
  return request.user;
}

/** Runs a write in a transaction and notes in the reply how far readers must be. */
export async function write<T>(
  { primary }: App,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (tx: Transaction) => Promise<T>,
  onUnknown: 'rerun' | 'fail',
  keys: readonly string[] = [],
): Promise<T> {
  const { value, position } = await primary.transaction(work, { deadline: request.deadline, onUnknown, keys });
  setReadAfter(reply, position);
  return value;
}

interface OnceOptions {
  keyRequired: boolean;
  /** Records that it changes. */
  keys?: readonly string[];
  /** See {@link once}. */
  atOnce?: (request: OnceRequest) => Statement;
}

/** Runs a write once for the request's Idempotency-Key; without a key, if that is allowed, as {@link write} does. */
export async function writeOnce(
  app: App,
  request: FastifyRequest,
  reply: FastifyReply,
  effect: (tx: Transaction) => Promise<Answer>,
  { keyRequired, keys = [], atOnce }: OnceOptions,
): Promise<FastifyReply> {
  const key = parseKey(request.headers['idempotency-key']);
  if (key === undefined) {
    if (keyRequired) throw new ApiError('IDEMPOTENCY_KEY_REQUIRED');
    return send(reply, await write(app, request, reply, effect, 'fail', keys));
  }
  const wanted: OnceRequest = {
    userId: userOf(request).id,
    key,
    hash: requestHash(request.method, pathOf(request), request.body),
    deadline: request.deadline,
    keys,
  };
  const { value, position } = await once(app.primary, wanted, effect, atOnce?.(wanted));
  setReadAfter(reply, position);
  if (value.replayed) {
    app.metrics.replays.inc();
    reply.header('idempotency-replayed', 'true');
  }
  return send(reply, value);
}

function send(reply: FastifyReply, { status, body }: Answer): FastifyReply {
  return reply.code(status).type('application/json; charset=utf-8').send(body);
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}
