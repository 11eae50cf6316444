import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { App } from '../app.ts';
import { ApiError } from '../errors.ts';
import { clientAddress, cookieOptions, SESSION_COOKIE, sessionToken, setReadAfter } from '../http/context.ts';
import { requireSession, userOf, write } from '../http/routes.ts';
import { validate } from '../http/validation.ts';
import { Aside } from '../resilience/admission/aside.ts';
import { LoginLimit } from './login-limit.ts';
import { hashPassword, NOBODY, verifyPassword } from './password.ts';
import { SESSION_SECONDS } from './sessions.ts';
import { findUser } from './users.ts';

/** Two at a time: a hash takes 16 MB and a core, and half of the thread pool, which also resolves names. */
const LOGINS_AT_A_TIME = 2;
/** About six seconds of waiting. */
const LOGIN_QUEUE = 64;

const credentials = z.strictObject({ email: z.string().min(1).max(320), password: z.string().min(1).max(1024) });

/** As the first administrator's is. */
const LEAST_PASSWORD = 8;
const change = z.strictObject({
  currentPassword: credentials.shape.password,
  newPassword: credentials.shape.password.min(LEAST_PASSWORD),
});

/** `/api/v1/auth`: login, logout, me, password. */
export async function authRoutes(server: FastifyInstance, { app }: { app: App }): Promise<void> {
  const limited = new Aside(LOGINS_AT_A_TIME, LOGIN_QUEUE, () => new ApiError('TOO_MANY_LOGINS'));
  const limit = new LoginLimit();

  server.post('/login', async (request, reply) => {
    const { email, password } = validate(credentials, request.body);
    const caller = { address: clientAddress(request), account: email };
    limit.check(caller);
    // Anybody can ask for a login: what they all wait for together is little.
    const user = await limited.run(async () => {
      const found = await findUser(app.primary, email.replaceAll('\0', ''), request.deadline);
      return (await verifyPassword(password, found?.password_hash ?? NOBODY)) ? found : undefined;
    }, request.deadline);
    if (!user) {
      limit.failed(caller);
      throw new ApiError('INVALID_CREDENTIALS');
    }
    limit.succeeded(caller);
    const { value, position } = await app.sessions.start(user.id, request.deadline);
    setReadAfter(reply, position);
    reply.setCookie(SESSION_COOKIE, value.token, { ...cookieOptions(request), maxAge: SESSION_SECONDS });
    return { data: { ...value, user: { id: user.id, email: user.email, role: user.role } } };
  });

  // Without a session it does nothing: who is logged out stays logged out.
  server.post('/logout', async (request, reply) => {
    const token = sessionToken(request);
    if (token !== undefined) await app.sessions.end(token, request.deadline);
    reply.clearCookie(SESSION_COOKIE, cookieOptions(request));
    return { data: {} };
  });

  // Sessions go on: whoever has one proved to know the password of then.
  server.post('/password', { onRequest: requireSession(app) }, async (request, reply) => {
    const { currentPassword, newPassword } = validate(change, request.body);
    const { id, email } = userOf(request);
    const caller = { address: clientAddress(request), account: email };
    limit.check(caller);
    const hash = await limited.run(async () => {
      const found = await findUser(app.primary, email, request.deadline);
      const isRight = await verifyPassword(currentPassword, found?.password_hash ?? NOBODY);
      return isRight ? await hashPassword(newPassword) : undefined;
    }, request.deadline);
    if (hash === undefined) {
      limit.failed(caller);
      throw new ApiError('INVALID_CREDENTIALS');
    }
    await write(
      app,
      request,
      reply,
      (tx) => tx.query('UPDATE users SET password_hash = $2 WHERE id = $1', [id, hash]),
      'rerun',
      [id],
    );
    return { data: {} };
  });

  server.get('/me', { onRequest: requireSession(app) }, async (request) => ({ data: userOf(request) }));
}
