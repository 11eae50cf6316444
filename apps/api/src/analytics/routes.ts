import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { App } from '../app.ts';
import { ApiError } from '../errors.ts';
import { readAfter } from '../http/context.ts';
import { validate } from '../http/validation.ts';
import { sleep } from '../resilience/admission/turns.ts';
import { Deadline } from '../resilience/deadline.ts';
import { laterPosition, type Position } from '../resilience/reads/position.ts';
import { type Days, nothing, period, top } from './schema.ts';
import { type Behind, CSV_HEAD, countTiers, pointsByDay, readLines, summarize, topCustomers } from './store.ts';

/** `/api/v1/analytics`: sums that read much. Replicas answer, a few at a time. */
export async function analyticsRoutes(server: FastifyInstance, { app }: { app: App }): Promise<void> {
  server.get('/summary', async (request) => {
    const days = validate(period, request.query);
    return { data: await app.reads.report(readAfter(request), request.deadline, (query) => summarize(query, days)) };
  });

  server.get('/points-by-day', async (request) => {
    const days = validate(period, request.query);
    return { data: await app.reads.report(readAfter(request), request.deadline, (query) => pointsByDay(query, days)) };
  });

  server.get('/tiers', async (request) => {
    validate(nothing, request.query);
    return { data: await app.reads.report(readAfter(request), request.deadline, (query) => countTiers(query)) };
  });

  server.get('/top-customers', async (request) => {
    const { limit } = validate(top, request.query);
    return {
      data: await app.reads.report(readAfter(request), request.deadline, (query) => topCustomers(query, limit)),
    };
  });
}

/** Lines that are read at a time, in a turn of their own: a slow client keeps no replica waiting. */
const PAGE = 1000;
/** Longest pause between two pages. */
const MOST_PAUSE_MS = 1000;
/** Files under way on one server. */
const MOST_FILES = 8;

/** `/api/v1/reports`: files, sent as they are read. */
export async function reportRoutes(server: FastifyInstance, { app }: { app: App }): Promise<void> {
  let underWay = 0;

  server.get('/points.csv', async (request, reply) => {
    const days = validate(period, request.query);
    if (underWay >= MOST_FILES) throw new ApiError('OVERLOADED');
    underWay += 1;
    reply.raw.once('close', () => {
      underWay -= 1;
    });
    const pages = linesOf(app, days, readAfter(request), request.deadline);
    // The first page before the status: what goes wrong until then is an answer like any other.
    const first = await pages.next();
    const text = Readable.from(textOf(first.value ?? '', pages));
    reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="points.csv"`);
    return reply.send(text);
  });
}

async function* textOf(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield CSV_HEAD + first;
  yield* rest;
}

/**
 * A period's lines, a page at a time. Each page may come from another replica, when one dies: it then shows at least what the
 * one of the first page did, so no line that was there at the beginning is missing, and none comes twice.
 *
 * @throws {NotServedError} when no replica answers in time
 */
async function* linesOf(
  app: App,
  days: Days,
  after: Position | undefined,
  deadline: Deadline,
): AsyncGenerator<string, undefined> {
  let shown = after;
  let behind: Behind | undefined;
  for (let page = 1; ; page += 1) {
    const from = behind;
    const until = page === 1 ? deadline : Deadline.in(app.config.HOLD_DEADLINE_MS);
    const askedMs = performance.now();
    const read = await app.reads.report(shown, until, async (query, at) => ({
      ...(await readLines(query, days, from, PAGE)),
      at,
    }));
    // Without the time that the client takes to read it.
    const tookMs = performance.now() - askedMs;
    shown = page === 1 ? laterPosition(shown, read.at) : shown;
    behind = read.behind;
    if (read.lines > 0 || page === 1) yield read.text;
    if (read.lines < PAGE) return undefined;
    // A file may take long; bookings must not wait for it.
    await sleep(Math.min(tookMs, MOST_PAUSE_MS));
  }
}
