import { createHash, timingSafeEqual } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Cloud } from '../cloud.ts';
import { CloudError } from '../error.ts';
import { CALLS } from './calls.ts';
import type { CallInput } from './input.ts';
import {
  DISCOVERY_PATH,
  discovered,
  drilledText,
  METRICS_PATH,
  stateText,
  tasksText,
  usageText,
} from './prometheus.ts';
import { type CloudTokens, SCOPES, type Scope } from './scopes.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Tokens that may make this call; missing: any. */
    scopes?: readonly Scope[];
  }
}

/** A provider's HTTP interface: `Cloud`, call by call. Every call needs a bearer token that may make it. */
export function createServer(cloud: Cloud, tokens: CloudTokens): FastifyInstance {
  const server = Fastify({ bodyLimit: 4 * 1024 * 1024, forceCloseConnections: true, requestTimeout: 30_000 });
  // A scope without a token is nobody's: tokens may be from a version that had fewer.
  const expected = SCOPES.filter((scope) => tokens[scope]).map((scope) => ({
    scope,
    digest: digest(`Bearer ${tokens[scope]}`),
  }));

  server.addHook('onRequest', async (request) => {
    const given = digest(request.headers.authorization ?? '');
    // All are compared, so that the time says nothing of which came near.
    const holder = expected.filter((each) => timingSafeEqual(given, each.digest)).at(0)?.scope;
    if (!holder) throw new CloudError('UNAUTHENTICATED', 'the cloud needs one of its tokens');
    const { scopes = SCOPES } = request.routeOptions.config;
    if (!scopes.includes(holder)) {
      throw new CloudError('FORBIDDEN', `this token may ${holder}; the call needs one that may ${scopes.join(' or ')}`);
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
    throw new CloudError('NOT_FOUND', 'the cloud has no such call');
  });

  for (const call of CALLS) {
    server.route({
      method: call.method,
      url: `/v1${call.path}`,
      config: { scopes: call.scopes },
      handler: async ({ params, query, body }) => {
        const input = { params: params as CallInput['params'], query: query as CallInput['query'], body };
        return { data: (await call.run(cloud, input)) ?? null };
      },
    });
  }
  server.get(DISCOVERY_PATH, async () => discovered(await cloud.listHosts()));
  server.get(METRICS_PATH, async ({ query }, reply) => {
    const { part } = z.object({ part: z.enum(['state', 'usage']).optional() }).parse(query);
    const { usage, drilledAtMs } = cloud.access;
    if (!usage) throw new CloudError('NOT_FOUND', 'this cloud does not tell what hosts use');
    const state =
      part === 'usage'
        ? ''
        : stateText(await cloud.listHosts()) +
          drilledText(drilledAtMs?.()) +
          tasksText((await cloud.tasks?.list()) ?? []);
    return reply.type('text/plain; version=0.0.4').send(state + (part === 'state' ? '' : usageText(await usage())));
  });
  return server;
}
