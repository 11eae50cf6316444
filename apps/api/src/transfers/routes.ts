import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { App } from '../app.ts';
import { userOf, writeOnce } from '../http/routes.ts';
import { validate } from '../http/validation.ts';
import { newTransfer } from './schema.ts';
import { transferPoints } from './store.ts';

/** `/api/v1/transfers`. */
export async function transferRoutes(server: FastifyInstance, { app }: { app: App }): Promise<void> {
  server.post('/', async (request, reply) => {
    const transfer = validate(newTransfer, request.body);
    const userId = userOf(request).id;
    return writeOnce(
      app,
      request,
      reply,
      async ({ query }) => {
        const data = await transferPoints(query, { id: randomUUID(), userId, transfer });
        return { status: 201, body: JSON.stringify({ data }) };
      },
      { keyRequired: true, keys: [transfer.from, transfer.to] },
    );
  });
}
