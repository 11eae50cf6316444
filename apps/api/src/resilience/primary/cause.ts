import { DatabaseFailure, NotPrimaryError, sqlStateOf } from './classify.ts';

/** What codes of the server and of the system say, in words. Two digits stand for their whole class. */
const WORDS: Readonly<Record<string, string>> = {
  '08': 'connection failure',
  '25006': 'read-only',
  '28': 'login refused',
  '3D000': 'no such database',
  '42501': 'permission refused',
  '53': 'out of resources',
  '53100': 'disk full',
  '53200': 'out of memory',
  '53300': 'out of connections',
  '57P01': 'shut down',
  '57P02': 'crashed',
  '57P03': 'starting up',
  '58': 'input/output error',
  XX: 'damaged data',
  EAI_AGAIN: 'name not found',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'name not found',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'no answer',
};

/**
 * Why the database did not do what it was asked: a few words and the code. They quote nothing of the driver's message, which
 * may name hosts, users and statements. Pure.
 */
export function causeOf(error: unknown): string {
  const cause = error instanceof DatabaseFailure ? error.cause : error;
  if (cause instanceof NotPrimaryError) return 'no primary (the server is a standby)';
  const state = sqlStateOf(cause);
  if (state !== undefined) return `${WORDS[state] ?? WORDS[state.slice(0, 2)] ?? 'refused'} (${state})`;
  const { code, message = '' } = (cause ?? {}) as { code?: unknown; message?: string };
  if (typeof code === 'string' && /^E[A-Z_]+$/.test(code)) return `${WORDS[code] ?? 'connection failed'} (${code})`;
  // The driver's own words. Without a primary the router beside this server closes each connection that it takes.
  if (/timeout/i.test(message)) return 'no answer in time';
  if (/^Connection terminated|closed/.test(message)) return 'no primary (connection closed)';
  return 'no primary';
}
