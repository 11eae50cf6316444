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
    /** `close`: on a connection of its own. */
    connection?: 'close';
  } = {},
): Promise<{ status: number; text: string; json: unknown } | undefined> {
  const headers: Record<string, string> = {};
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  if (options.user !== undefined) {
    headers.authorization = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`;
  }
  if (options.connection !== undefined) headers.connection = options.connection;
  try {
    const response = await fetch(url, {
      method: options.method ?? 'GET',
      redirect: 'manual',
      headers,
      signal: AbortSignal.timeout(options.timeoutMs ?? 1000),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const text = await response.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      // an error page or plain text
    }
    return { status: response.status, text, json };
  } catch {
    return undefined;
  }
}
