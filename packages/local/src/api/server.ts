import { createHash, timingSafeEqual } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { BackendRegistry } from '../backends.ts';
import { CloudError, type FaultRequest, type HostDefinition } from '../cloud.ts';
import type { FaultInjector } from '../faults/injector.ts';
import { faultSchema } from '../faults/request.ts';
import type { HostManager } from '../host/manager.ts';
import { backendSchema, fenceSchema, hostDefinitionSchema, nameSchema, stopSchema } from './schema.ts';
import { type CloudTokens, SCOPES, type Scope } from './scopes.ts';

export interface Services {
  hosts: HostManager;
  faults: FaultInjector;
  backends: BackendRegistry;
  tokens: CloudTokens;
}

/** Faults of one stroke. */
const MOST_AT_ONCE = 100;

const digest = (text: string) => createHash('sha256').update(text).digest();

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Tokens that may make this call; one that only reads needs no mention. */
    scopes?: readonly Scope[];
  }
}

const operate = { config: { scopes: ['operate'] } } as const;
const inject = { config: { scopes: ['inject'] } } as const;

/** The local cloud's HTTP interface: `Cloud`, call by call. Every call needs a bearer token that may make it. */
export function createServer({ hosts, faults, backends, tokens }: Services): FastifyInstance {
  const server = Fastify({ bodyLimit: 4 * 1024 * 1024, forceCloseConnections: true, requestTimeout: 30_000 });
  const expected = SCOPES.map((scope) => ({ scope, digest: digest(`Bearer ${tokens[scope]}`) }));

  server.addHook('onRequest', async (request) => {
    const given = digest(request.headers.authorization ?? '');
    // All are compared, so that the time says nothing of which came near.
    const holder = expected.filter((each) => timingSafeEqual(given, each.digest)).at(0)?.scope;
    if (!holder) throw new CloudError(401, 'UNAUTHENTICATED', 'the local cloud needs one of its tokens');
    const { scopes = SCOPES } = request.routeOptions.config;
    if (!scopes.includes(holder)) {
      throw new CloudError(
        403,
        'FORBIDDEN',
        `this token may ${holder}; the call needs one that may ${scopes.join(' or ')}`,
      );
    }
  });

  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const [status, code] =
      error instanceof CloudError
        ? [error.status, error.code]
        : error instanceof z.ZodError
          ? [400, 'VALIDATION']
          : [error.statusCode ?? 500, error.statusCode ? 'BAD_REQUEST' : 'FAILED'];
    const message =
      error instanceof z.ZodError
        ? error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
        : error.message;
    if (status >= 500) console.error(error.stack ?? error.message);
    return reply.status(status).send({ error: { code, message, details: [] } });
  });
  server.setNotFoundHandler(() => {
    throw new CloudError(404, 'NOT_FOUND', 'the local cloud has no such call');
  });

  const named = (params: unknown) => nameSchema.parse((params as { name: string }).name);
  const respond = <T>(data: T) => ({ data });

  server.get('/v1/hosts', async () => respond(await hosts.statuses(faults.isolatedHosts())));
  server.get('/v1/hosts/:name', async ({ params }) =>
    respond(await hosts.status(named(params), faults.isolatedHosts())),
  );
  server.put('/v1/hosts/:name', operate, async ({ params, body }) => {
    const definition = hostDefinitionSchema.parse(body) as HostDefinition;
    if (definition.name !== named(params)) throw new CloudError(400, 'VALIDATION', 'the name in path and body differ');
    const answer = await hosts.create(definition);
    await faults.coverHosts();
    return respond(answer);
  });
  server.delete('/v1/hosts/:name', operate, async ({ params }) => {
    const name = named(params);
    await hosts.delete(name);
    await backends.forget(name);
    await faults.hostDeleted(name);
    return respond(null);
  });
  server.post('/v1/hosts/:name/start', { config: { scopes: ['operate', 'fence'] } }, async ({ params }) => {
    await hosts.start(named(params));
    return respond(null);
  });
  server.post('/v1/hosts/:name/stop', operate, async ({ params, body }) => {
    await hosts.stop(named(params), stopSchema.parse(body ?? {}).timeoutMs);
    return respond(null);
  });
  server.post('/v1/hosts/:name/fence', { config: { scopes: ['fence'] } }, async ({ params, body }) =>
    respond(await hosts.fence(named(params), fenceSchema.parse(body).token)),
  );
  server.post('/v1/hosts/:name/services/:service/start', operate, async ({ params }) => {
    await hosts.startService(named(params), nameSchema.parse((params as { service: string }).service));
    return respond(null);
  });
  server.post('/v1/hosts/:name/services/:service/refresh', operate, async ({ params }) => {
    await hosts.refreshService(named(params), nameSchema.parse((params as { service: string }).service));
    return respond(null);
  });
  server.get('/v1/hosts/:name/disk', operate, async ({ params, query }) => {
    const path = z
      .string()
      .min(1)
      .max(200)
      .parse((query as { path?: string }).path);
    return respond((await hosts.readDisk(named(params), path)) ?? null);
  });

  server.get('/v1/backends', async () => respond(await backends.list()));
  server.put('/v1/backends/:name', operate, async ({ params, body }) => {
    const { address, port } = backendSchema.parse(body);
    await backends.attach(named(params), address, port);
    return respond(null);
  });
  server.post('/v1/backends/:name/drain', operate, async ({ params }) => respond(await backends.drain(named(params))));
  server.delete('/v1/backends/:name', operate, async ({ params }) => respond(await backends.detach(named(params))));

  server.get('/v1/faults', async () => respond(faults.list()));
  // One fault, or a list of them for one stroke.
  server.post('/v1/faults', inject, async ({ body }) => {
    if (!Array.isArray(body)) return respond((await faults.inject([faultSchema.parse(body) as FaultRequest]))[0]);
    return respond(await faults.inject(z.array(faultSchema).min(1).max(MOST_AT_ONCE).parse(body) as FaultRequest[]));
  });
  server.delete('/v1/faults/:id', inject, async ({ params }) =>
    respond(
      await faults.clear(
        z
          .string()
          .max(32)
          .parse((params as { id: string }).id),
      ),
    ),
  );

  return server;
}
