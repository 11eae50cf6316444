import type { HttpClient } from './http-client.ts';
import type { Credentials } from './user.ts';

/**
 * Logs in for calls that are not part of the load.
 *
 * @returns the session's cookie
 * @throws Error in one line when the platform does not let us in
 */
export async function logIn(http: HttpClient, { email, password }: Credentials): Promise<string> {
  const body = { email, password };
  const answer = await http.send({ method: 'POST', path: '/api/v1/auth/login', body });
  const cookies = [answer.headers['set-cookie'] ?? []].flat().join('; ');
  const cookie = /sbmcrm_session=[^;]*/.exec(cookies)?.[0];
  if (!cookie) throw new Error(`the drill cannot log in: ${answer.status ?? ''} ${answer.code ?? ''}`.trimEnd());
  return cookie;
}
