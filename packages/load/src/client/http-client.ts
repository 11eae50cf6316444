import { readFileSync } from 'node:fs';
import { Pool } from 'undici';

/** A request's own limit: the API holds requests for 30 s at most. */
export const DEADLINE_MS = 30_000;
const CONNECT_TIMEOUT_MS = 1000;
/** A peer that fell silent in the middle of an answer is noticed by probes after a second, as careful clients set it. */
const KEEP_ALIVE_PROBE_MS = 1000;
const REPEAT_DELAY_MS = 50;
const MOST_REPEAT_DELAY_MS = 500;

/** So many requests are held at 200 a second for as long as any may wait; above it a client on one machine proves nothing. */
const MOST_SOCKETS = 6000;
/** Files that the process needs beside its connections. */
const OTHER_FILES = 100;

/** The connection broke or never came about: the request may be sent again under the same key. */
const CONNECTION_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Characters that are kept of a file. */
const BEGINNING = 100;
/** So much is read of a file, some thousand lines: a ledger grows with each load, and what a load asks for must not. */
const MOST_OF_A_FILE = 256 * 1024;

export interface HttpRequest {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  body?: unknown;
  key?: string;
  cookie?: string;
}

export interface HttpAnswer {
  /** Missing when no answer came by the deadline. */
  status?: number;
  headers: Record<string, string | string[] | undefined>;
  /** What the JSON says; a file's text. */
  body?: unknown;
  /** The error's code in the body, or what broke the connection. */
  code?: string;
  attempts: number;
}

/** How many connections this process may have, by its limit of open files (`ulimit -n`). */
function socketLimit(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const files = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  return Math.max(1, Math.min(MOST_SOCKETS, files - OTHER_FILES));
}

/**
 * HTTP as a careful application does it: keep-alive connections as many as needed up to a bound, and a request repeated only
 * when its connection broke. An answer is an answer, 503 too.
 */
export class HttpClient {
  readonly maxSockets = socketLimit();
  readonly #pool: Pool;

  /** @param origin such as `http://127.0.0.1:8080` */
  constructor(origin: string) {
    this.#pool = new Pool(origin, {
      connections: this.maxSockets,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 10_000,
      connect: { timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS },
    });
  }

  /** Sends a request, again on connection errors, until it is answered or its deadline has passed. Never throws. */
  async send(request: HttpRequest, deadlineMs = DEADLINE_MS): Promise<HttpAnswer> {
    const end = performance.now() + deadlineMs;
    for (let attempts = 1; ; attempts++) {
      try {
        return { ...(await this.#once(request, end - performance.now())), attempts };
      } catch (error) {
        const code = codeOf(error);
        const delay = Math.min(REPEAT_DELAY_MS * attempts, MOST_REPEAT_DELAY_MS);
        if (!CONNECTION_ERRORS.has(code) || performance.now() + delay >= end) return { headers: {}, code, attempts };
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #once(request: HttpRequest, timeoutMs: number): Promise<Omit<HttpAnswer, 'attempts'>> {
    const { method, path, body, key, cookie } = request;
    const response = await this.#pool.request({
      method,
      path,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(cookie ? { cookie } : {}),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))),
    });
    const isFile = String(response.headers['content-type']).startsWith('text/csv');
    const answer = isFile ? await beginningOf(response.body) : parse(await response.body.text());
    const code = (answer as { error?: { code?: string } } | undefined)?.error?.code;
    return { status: response.statusCode, headers: response.headers, body: answer, ...(code ? { code } : {}) };
  }
}

/** Reads a file as far as its client wants it, then breaks it off, and keeps no more of it than it takes to know it. */
async function beginningOf(file: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  let read = 0;
  for await (const chunk of file) {
    if (text.length < BEGINNING) text += chunk.toString();
    read += chunk.length;
    if (read >= MOST_OF_A_FILE) break;
  }
  return text.slice(0, BEGINNING);
}

/** What broke the connection. A time-out's own code is a number that says nothing. */
function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name: string };
  return typeof code === 'string' ? code : name;
}

/** A load balancer's own error page is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
