import type { FastifyInstance } from 'fastify';
import type { App } from '../app.ts';
import { readAfter } from '../http/context.ts';
import { userOf, write } from '../http/routes.ts';
import { countUp, readCount } from './store.ts';

/**
 * `/api/v1/canary`: a write and a read on a row of the user's own, by the same ways as all others, for whoever wants to know
 * whether they work.
 */
export async function canaryRoutes(server: FastifyInstance, { app }: { app: App }): Promise<void> {
  // Twice within one request is as good as once: the count says only that a later write came after an earlier one.
  server.post('/', async (request, reply) => {
    const userId = userOf(request).id;
    const count = await write(app, request, reply, ({ query }) => countUp(query, userId), 'rerun');
    return { data: { count } };
  });

  server.get('/', async (request) => {
    const userId = userOf(request).id;
    const count = await app.reads.run(readAfter(request), request.deadline, (query) => readCount(query, userId));
    return { data: { count } };
  });
}
