import type { FastifyInstance } from 'fastify';
import type { App } from '../app.ts';
import { createChecks } from './checks.ts';

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
    const isHealthy = Object.values(results).every((check) => check.status === 'ok');
    return reply.code(isHealthy ? 200 : 503).send({
      status: isHealthy ? 'healthy' : 'unhealthy',
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
