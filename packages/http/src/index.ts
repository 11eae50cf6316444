import type { IncomingHttpHeaders } from 'node:http';

/** An `import` of it looks at all that it exports, and so loads the whole of `fetch`, too. */
const { request } = process.getBuiltinModule('node:http');

/** Longest answer that is read, in bytes: more than any of ours has. */
const MOST_BYTES = 16 * 1024 * 1024;

export interface HttpCall {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Ends the call, the reading of the answer included. */
  signal: AbortSignal;
}

export interface HttpReply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/**
 * One HTTP call, on a connection of its own: one that was kept may be at its end. It follows no redirect. Node's own `fetch` would do; to load it costs a command as much processor time as to start.
 *
 * @throws Error when nothing answers, the answer is too long or `signal` is aborted
 */
export function callHttp(url: string, { method = 'GET', headers = {}, body, signal }: HttpCall): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, signal, agent: false }, async (response) => {
      try {
        const parts: Buffer[] = [];
        let bytes = 0;
        for await (const part of response as AsyncIterable<Buffer>) {
          bytes += part.length;
          if (bytes > MOST_BYTES) throw new Error(`the answer has more than ${MOST_BYTES} bytes`);
          parts.push(part);
        }
        const text = Buffer.concat(parts).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      } catch (error) {
        reject(error);
      }
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/**
 * One HTTP call with a deadline, for probes. It goes nowhere else, whatever the answer says.
 *
 * @returns status and parsed JSON body (undefined when it is not JSON), or undefined when nothing answered in time
 */
export async function probeHttp(
  url: string,
  options: {
    timeoutMs?: number;
    method?: string;
    body?: unknown;
    user?: string;
    password?: string;
  } = {},
): Promise<{ status: number; text: string; json: unknown } | undefined> {
  const headers: Record<string, string> = {};
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  if (options.user !== undefined) {
    headers.authorization = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`;
  }
  try {
    const { status, text } = await callHttp(url, {
      method: options.method ?? 'GET',
      headers,
      signal: AbortSignal.timeout(options.timeoutMs ?? 1000),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    return { status, text, json: parsed(text) };
  } catch {
    return undefined;
  }
}

/** What a text says as JSON; undefined for an error page or plain text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
