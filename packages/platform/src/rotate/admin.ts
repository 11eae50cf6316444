import { randomUUID } from 'node:crypto';
import { ToolError } from '@sbmcrm/errors';
import { callHttp } from '@sbmcrm/http';

/** A request waits for a primary for as long as the API lets it. */
const CALL_MS = 40_000;

interface Change {
  email: string;
  from: string;
  to: string;
}

/** Logs in. @returns the session's token; undefined: the password is another one. @throws ToolError where the CRM does not say */
async function login(url: string, email: string, password: string): Promise<string | undefined> {
  const { status, text } = await call(url, 'login', { email, password });
  if (status === 200) return (JSON.parse(text) as { data: { token: string } }).data.token;
  if (status === 401) return undefined;
  throw new ToolError('REFUSED_BY_ENGINE', `${url}: the login of ${email} was answered with status ${status}`);
}

function call(url: string, path: string, body: object, token?: string) {
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const options = { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(CALL_MS) };
  return callHttp(`${url}/api/v1/auth/${path}`, options);
}

/** @throws ToolError where the administrator has another password: nothing can be rotated then */
export async function assertAdmin(url: string, email: string, password: string): Promise<void> {
  if ((await login(url, email, password)) !== undefined) return;
  throw new ToolError(
    'REFUSED_BY_ENGINE',
    `${email} has another password in the CRM than the platform's secrets say: set it back there first`,
  );
}

/**
 * Changes the administrator's password in the CRM, through its entry. Done before, it does nothing.
 *
 * @param url of the entry
 * @throws ToolError where neither password is right, or the CRM does not answer
 */
export async function changeAdmin(url: string, { email, from, to }: Change): Promise<void> {
  if ((await login(url, email, to)) !== undefined) return;
  const token = await login(url, email, from);
  if (token === undefined) return assertAdmin(url, email, from);
  const { status } = await call(url, 'password', { currentPassword: from, newPassword: to }, token);
  if (status !== 200) {
    throw new ToolError('REFUSED_BY_ENGINE', `${url}: the change of the password was answered with status ${status}`);
  }
}
