import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { User } from '../auth/sessions.ts';
import type { Deadline } from '../resilience/deadline.ts';
import { formatPosition, laterPosition, type Position, parsePosition } from '../resilience/reads/position.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** When this request must be answered. */
    deadline: Deadline;
    /** Set by the session check. */
    user: User | undefined;
  }
}

export const SESSION_COOKIE = 'sbmcrm_session';
export const READ_AFTER_COOKIE = 'sbmcrm_read_after';
export const READ_AFTER_HEADER = 'x-read-after';

/** Where a request's id is, on its way here and back. */
export const REQUEST_ID_HEADER = 'x-request-id';
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The id that the load balancer gave a request; one of its own where it came another way. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && UUID.test(given) ? given : randomUUID();
}

/** When the request came, as the load balancer stamped it (which overwrites what a client sends). */
export function startStamp({ headers }: FastifyRequest): string | undefined {
  const stamp = headers['x-request-start'];
  return typeof stamp === 'string' ? stamp : undefined;
}

/** Whose request it is, as the load balancer saw it (which overwrites what a client sends). */
export function clientAddress({ headers, ip }: FastifyRequest): string {
  const forwarded = headers['x-forwarded-for'];
  return typeof forwarded === 'string' ? forwarded : ip;
}

/** The token of a request: in `Authorization: Bearer`, else in the cookie. */
export function sessionToken(request: FastifyRequest): string | undefined {
  const bearer = /^Bearer +([\w-]{20,100})$/i.exec(request.headers.authorization ?? '')?.[1];
  return bearer ?? request.cookies[SESSION_COOKIE];
}

/** How far a replica must have replayed to serve this request: the later of header and cookie. */
export function readAfter(request: FastifyRequest): Position | undefined {
  const header = request.headers[READ_AFTER_HEADER];
  return laterPosition(
    parsePosition(typeof header === 'string' ? header : undefined),
    parsePosition(request.cookies[READ_AFTER_COOKIE]),
  );
}

/** Tells the client what to show at its next read. */
export function setReadAfter(reply: FastifyReply, position: Position): void {
  const text = formatPosition(position);
  reply.header(READ_AFTER_HEADER, text);
  reply.setCookie(READ_AFTER_COOKIE, text, { ...cookieOptions(reply.request), maxAge: 12 * 3600 });
}

/** Cookies of ours: not for scripts, not for other sites, and only over TLS where the entry has it. */
export function cookieOptions(request: FastifyRequest): {
  path: string;
  httpOnly: true;
  sameSite: 'lax';
  secure: boolean;
} {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: request.headers['x-forwarded-proto'] === 'https' };
}
