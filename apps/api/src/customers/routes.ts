import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { App } from '../app.ts';
import { ApiError } from '../errors.ts';
import { readAfter } from '../http/context.ts';
import { parseListQuery } from '../http/list-query.ts';
import { write, writeOnce } from '../http/routes.ts';
import { routeId, validate } from '../http/validation.ts';
import { customerList, customerPatch, newCustomer } from './schema.ts';
import { deleteCustomer, findCustomer, insertCustomer, listCustomers, updateCustomer } from './store.ts';

/** `/api/v1/customers`. */
export async function customerRoutes(server: FastifyInstance, { app }: { app: App }): Promise<void> {
  server.post('/', async (request, reply) => {
    const customer = validate(newCustomer, request.body);
    return writeOnce(
      app,
      request,
      reply,
      async ({ query }) => {
        const data = await insertCustomer(query, randomUUID(), customer);
        return { status: 201, body: JSON.stringify({ data }) };
      },
      { keyRequired: false },
    );
  });

  server.get('/', async (request) => {
    const list = parseListQuery(request.query as Record<string, unknown>, customerList);
    const { customers, total } = await app.reads.run(readAfter(request), request.deadline, (query) =>
      listCustomers(query, list),
    );
    return { data: customers, pagination: { page: list.page, limit: list.limit, total } };
  });

  server.get('/:id', async (request) => {
    const id = routeId(request.params);
    const data = await app.reads.run(readAfter(request), request.deadline, (query) => findCustomer(query, id));
    if (!data) throw new ApiError('CUSTOMER_NOT_FOUND');
    return { data };
  });

  server.patch('/:id', async (request, reply) => {
    const id = routeId(request.params);
    const patch = validate(customerPatch, request.body);
    // Setting the same fields twice within one request is setting them once.
    const data = await write(app, request, reply, ({ query }) => updateCustomer(query, id, patch), 'rerun', [id]);
    if (!data) throw new ApiError('CUSTOMER_NOT_FOUND');
    return { data };
  });

  server.delete('/:id', async (request, reply) => {
    const id = routeId(request.params);
    if (!(await write(app, request, reply, (tx) => deleteCustomer(tx, id), 'rerun', [id]))) {
      throw new ApiError('CUSTOMER_NOT_FOUND');
    }
    return reply.code(204).send();
  });
}
