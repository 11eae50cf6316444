import type { FastifyInstance } from 'fastify';
import type { App } from '../app.ts';
import type { CheckResult } from './check.ts';
import { createChecks } from './checks.ts';

/**
 * One word for all checks. Without others' APIs the CRM serves all the same, and another of its servers would not reach them
 * either: a load balancer must not take servers out for them. Pure.
 */
export function overallStatus({
  database,
  redis,
  externalApis,
}: Record<'database' | 'redis' | 'externalApis', Pick<CheckResult, 'status'>>): 'healthy' | 'degraded' | 'unhealthy' {
  if (database.status !== 'ok' || redis.status !== 'ok') return 'unhealthy';
  return externalApis.status === 'ok' ? 'healthy' : 'degraded';
}

/** `/health` (the dependencies), `/livez` (this process), `/readyz` (may it take traffic), `/metrics`. */
export async function healthRoutes(server: FastifyInstance, { app }: { app: App }): Promise<void> {
  const checks = createChecks(app);

  server.get('/health', async (_request, reply) => {
    const [database, redis, externalApis] = await Promise.all([
      checks.database(),
      checks.redis(),
      checks.externalApis(),
    ]);
    const results = { database, redis, externalApis };
    const status = overallStatus(results);
    return reply.code(status === 'unhealthy' ? 503 : 200).send({
      status,
      timestamp: new Date().toISOString(),
      checks: results,
    });
  });

  server.get('/livez', async () => ({ status: 'alive', instance: app.config.INSTANCE_NAME }));

  server.get('/readyz', async (_request, reply) => {
    const { state } = app.lifecycle;
    return reply.code(state === 'ready' ? 200 : 503).send({ status: state });
  });

  server.get('/metrics', async (_request, reply) =>
    reply.type(app.metrics.register.contentType).send(await app.metrics.register.metrics()),
  );
}
