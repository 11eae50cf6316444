import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { App } from '../app.ts';
import { ApiError } from '../errors.ts';
import { readAfter } from '../http/context.ts';
import { parseListQuery } from '../http/list-query.ts';
import { userOf, writeOnce } from '../http/routes.ts';
import { routeId, validate } from '../http/validation.ts';
import { entryList, newEntry } from './schema.ts';
import { bookAtOnce, bookPoints, readLedger } from './store.ts';

/** `/api/v1/customers/:id/points`. */
export async function pointRoutes(server: FastifyInstance, { app }: { app: App }): Promise<void> {
  server.post('/', async (request, reply) => {
    const customerId = routeId(request.params);
    const entry = validate(newEntry, request.body);
    const userId = userOf(request).id;
    const booking = { id: randomUUID(), customerId, userId, entry };
    return writeOnce(
      app,
      request,
      reply,
      async ({ query }) => {
        const { id } = booking;
        const balance = await bookPoints(query, booking);
        return { status: 201, body: JSON.stringify({ data: { id, balance } }) };
      },
      { keyRequired: true, keys: [customerId], atOnce: (once) => bookAtOnce(once, booking) },
    );
  });

  server.get('/', async (request) => {
    const customerId = routeId(request.params);
    const list = parseListQuery(request.query as Record<string, unknown>, entryList);
    const ledger = await app.reads.run(readAfter(request), request.deadline, (query) =>
      readLedger(query, customerId, list),
    );
    if (!ledger) throw new ApiError('CUSTOMER_NOT_FOUND');
    const { balance, entries, total } = ledger;
    return { data: { balance, entries }, pagination: { page: list.page, limit: list.limit, total } };
  });
}
