import cookie from '@fastify/cookie';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { analyticsRoutes, reportRoutes } from './analytics/routes.ts';
import type { App } from './app.ts';
import { authRoutes } from './auth/routes.ts';
import { canaryRoutes } from './canary/routes.ts';
import type { Config } from './config.ts';
import { customerRoutes } from './customers/routes.ts';
import { ApiError } from './errors.ts';
import { healthRoutes } from './health/routes.ts';
import { answerClientError } from './http/client-error.ts';
import { REQUEST_ID_HEADER, requestId, startStamp } from './http/context.ts';
import { expectedStayMs, mayEnter } from './http/entrance.ts';
import { isRefusal, refusedBy, sendError } from './http/errors.ts';
import { LineLimit } from './http/line-limit.ts';
import { requireSession } from './http/routes.ts';
import { pointRoutes } from './points/routes.ts';
import { deadlineOf } from './resilience/deadline.ts';
import { transferRoutes } from './transfers/routes.ts';

const BODY_LIMIT = 64 * 1024;
/** A client has this long to send its whole request. */
const REQUEST_TIMEOUT_MS = 15_000;
/** Longer than load balancers keep idle connections (60 s), so that they close them first and no request meets a closing one. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** Answers that took longer are logged. */
const SLOW_MS = 1000;

/** The HTTP server without routes; its `log` is the process's log: JSON lines on stdout. */
export function createServer({ LOG_LEVEL, INSTANCE_NAME }: Config): FastifyInstance {
  return Fastify({
    logger: { level: LOG_LEVEL, base: { instance: INSTANCE_NAME } },
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // While it closes, what still comes in is served: nothing is refused that was accepted.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    // A path that cannot be decoded.
    frameworkErrors: sendError,
    routerOptions: { maxParamLength: 100 },
  });
}

/** Gives the server its hooks and routes. */
export function registerRoutes(server: FastifyInstance, app: App): void {
  const { metrics, lifecycle, entrance, rooms } = app;
  const lines = new LineLimit(10);
  const refusals = new LineLimit(1);
  // Only JSON comes in: a form on another site cannot send it.
  server.removeContentTypeParser('text/plain');
  server.decorateRequest('deadline');
  server.decorateRequest('user', undefined);
  server.setErrorHandler((error, request, reply) => {
    if (isRefusal(error)) {
      entrance.refused();
      const leftOut = refusals.admit(performance.now());
      if (leftOut !== undefined) {
        request.log.warn(
          { ...refusedBy(error), leftMs: request.deadline?.leftMs, entrance: entrance.state(rooms), leftOut },
          'refused',
        );
      }
    }
    return sendError(error, request, reply);
  });
  server.setNotFoundHandler((request, reply) => sendError(new ApiError('NOT_FOUND'), request, reply));

  server.addHook('onRequest', async (request, reply) => {
    const deadline = deadlineOf(startStamp(request), Date.now(), app.config.HOLD_DEADLINE_MS, request.id);
    request.deadline = deadline;
    reply.header(REQUEST_ID_HEADER, request.id);
    let isInside = false;
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) deadline.abandon();
      if (isInside) entrance.leave(reply.statusCode !== 503);
    });
    metrics.inFlight.inc();
    // What watches this process is answered in any case.
    if (request.routeOptions.url?.startsWith('/api/')) {
      entrance.came(deadline.ageMs, request.socket.remoteAddress ?? '');
      const state = entrance.state(rooms);
      if (!mayEnter(state, deadline.ageMs, deadline.leftMs)) {
        throw new ApiError('OVERLOADED', [], { waitMs: expectedStayMs(state) });
      }
      entrance.enter();
      isInside = true;
    }
    // A client that keeps its connection would meet the end of the process.
    if (lifecycle.isLeaving) reply.header('connection', 'close');
  });
  server.addHook('onSend', async (_request, reply, payload) => {
    if (lifecycle.isLeaving) reply.header('connection', 'close');
    return payload;
  });
  server.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unknown';
    const milliseconds = reply.elapsedTime;
    metrics.inFlight.dec();
    metrics.requests.observe({ route, method, status: `${Math.floor(reply.statusCode / 100)}xx` }, milliseconds / 1000);
    if (reply.statusCode < 500 && milliseconds < SLOW_MS) return;
    // An unhealthy /health is the answer that was asked for.
    if (reply.statusCode === 503 && !route.startsWith('/api/')) return;
    const leftOut = lines.admit(performance.now());
    if (leftOut === undefined) return;
    request.log.warn(
      { method, route, status: reply.statusCode, ms: Math.round(milliseconds), ...(leftOut > 0 ? { leftOut } : {}) },
      'slow or failed request',
    );
  });

  server.register(cookie);
  server.register(healthRoutes, { app });
  server.register(authRoutes, { app, prefix: '/api/v1/auth' });
  server.register(async (scope) => {
    scope.addHook('onRequest', requireSession(app));
    scope.register(customerRoutes, { app, prefix: '/api/v1/customers' });
    scope.register(pointRoutes, { app, prefix: '/api/v1/customers/:id/points' });
    scope.register(canaryRoutes, { app, prefix: '/api/v1/canary' });
    scope.register(transferRoutes, { app, prefix: '/api/v1/transfers' });
    scope.register(analyticsRoutes, { app, prefix: '/api/v1/analytics' });
    scope.register(reportRoutes, { app, prefix: '/api/v1/reports' });
  });
}
