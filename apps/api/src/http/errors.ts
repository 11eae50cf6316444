import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, type ErrorCode, errorBody } from '../errors.ts';
import { describeError } from '../log.ts';
import { HoldExpiredError, type Refusal } from '../resilience/admission/refusal.ts';
import { NotServedError } from '../resilience/errors.ts';

const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
};

/** What the client is told of an error: our own as they are, the waiting rooms' and the framework's by their codes, the rest as INTERNAL. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof NotServedError) return new ApiError(error.code, [], { cause: error, waitMs: error.waitMs });
  const { code = '', statusCode = 500 } = error as Partial<FastifyError>;
  const known = FASTIFY_CODES[code];
  if (known) return new ApiError(known);
  // Malformed JSON, an empty body, a bad content length.
  if (statusCode >= 400 && statusCode < 500) return new ApiError('BAD_REQUEST');
  return new ApiError('INTERNAL', [], { cause: error });
}

/** Not for want of time: the client has gone (with its load balancer, say), or this process goes. */
const NOBODY_IS_THERE: readonly Refusal[] = ['abandoned', 'closed'];

/** Whether the answer is that too much is asked, or that it would take too long. */
export function isRefusal(error: unknown): boolean {
  const { cause } = error as Partial<Error>;
  if (cause instanceof HoldExpiredError && NOBODY_IS_THERE.includes(cause.reason)) return false;
  const isOurs = error instanceof ApiError || error instanceof NotServedError;
  return isOurs && (error.code === 'OVERLOADED' || error.code === 'UNAVAILABLE');
}

/** What the log says of a refusal: what it was decided by, so that whoever reads it can tell a wrong estimate from too much work. */
export function refusedBy(error: unknown): Record<string, unknown> {
  const { code, cause } = error as ApiError | NotServedError;
  const { reason, room } = cause instanceof HoldExpiredError ? cause : {};
  return { code, ...(reason ? { reason } : {}), ...(room ? { room } : {}) };
}

export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = toApiError(error);
  // Errors of ours are counted and logged as answers; these are faults in the code.
  if (answer.code === 'INTERNAL')
    request.log.error({ error: describeError(error), route: request.routeOptions.url }, 'request failed');
  if (answer.retryAfter !== undefined) reply.header('retry-after', answer.retryAfter);
  return reply.code(answer.status).send(errorBody(answer));
}
