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

/**
 * Changes the administrator's password in the CRM, through its entry. Done before, it does nothing.
 *
 * @param url of the entry
 * @throws ToolError where neither password is right, or the CRM does not answer
 */
export async function changeAdmin(url: string, { email, from, to }: Change): Promise<void> {
  const call = async (path: string, body: object, token?: string) => {
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const options = { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(CALL_MS) };
    return callHttp(`${url}/api/v1/auth/${path}`, options);
  };
  const login = async (password: string): Promise<string | undefined> => {
    const { status, text } = await call('login', { email, password });
    if (status === 200) return (JSON.parse(text) as { data: { token: string } }).data.token;
    if (status === 401) return undefined;
    throw new ToolError('REFUSED_BY_ENGINE', `${url}: the login of ${email} was answered with status ${status}`);
  };
  if ((await login(to)) !== undefined) return;
  const token = await login(from);
  if (token === undefined) {
    throw new ToolError(
      'REFUSED_BY_ENGINE',
      `${email} has another password than the platform's secrets say: set it back in the CRM, or go on with the one that it has`,
    );
  }
  const { status } = await call('password', { currentPassword: from, newPassword: to }, token);
  if (status !== 200) {
    throw new ToolError('REFUSED_BY_ENGINE', `${url}: the change of the password was answered with status ${status}`);
  }
}
