import { ENTRY_CONNECTIONS } from '@sbmcrm/spec/derived';
import { type ApiSlot, PORTS } from '@sbmcrm/topology';
import { CONFIG_DIR, type RenderContext, runScript, type ServiceBundle } from '../common/context.ts';
import { hideInternalPaths, ownAnswers, refuseOverload } from './answers.ts';
import { databaseFrontEnds, PRIMARY_PROXY } from './database.ts';
import { requestIds } from './request-id.ts';

/** HAProxy's runtime API, inside a load balancer host. */
export const ADMIN_SOCKET = '/run/haproxy/admin.sock';
/** On loopback. */
export const ALIVE_PORT = 8404;
/** At that port: 200 when there is a way from here to an API server and to the primary, else 503. */
export const SERVES_PATH = '/serves';
export const MASTER_PID_FILE = '/run/haproxy/haproxy.pid';
/** The back end that takes the CRM's requests, and the port an API server listens on. */
export const API_BACKEND = 'api';
/** The way of those who ask how the platform is. */
export const HEALTH_PROXY = 'health';
/** Of those at a time. */
const HEALTH_CONNECTIONS = 100;
/** Where the two database names point beside an API server: no other host's death cuts its sessions. */
export const ROUTER_BIND = { primary: '127.0.0.11', replica: '127.0.0.12' } as const;

const duration = (milliseconds: number) => `${milliseconds}ms`;

/**
 * A server's host that acknowledges nothing for so long is gone. What was sent to it just before would else wait for as long as
 * the system repeats packets; keepalive probes begin only when nothing is on its way.
 */
const SILENT_HOST_MS = 4000;
/** A server says so often how much it takes: the first crowd of an overload is as large as what comes meanwhile. */
const AGENT_EVERY_MS = 500;
/** Sessions at the database names of a load balancer; beside an API server there are two pools. */
const MOST_SESSIONS = 500;
/** For this host's own check of whether HAProxy answers: clients must not take its place, or the address moves because of load. */
const RESERVE = 100;

function globalSection(maxConnections: number): string[] {
  return [
    'global',
    '  log stdout format raw local0 notice',
    `  maxconn ${maxConnections}`,
    '  nbthread 1',
    `  stats socket ${ADMIN_SOCKET} mode 600 level admin expose-fd listeners`,
    '  stats timeout 10s',
    '  hard-stop-after 30s',
    // All host addresses are literal; spread checks so that they do not come in bursts.
    '  spread-checks 10',
    '',
    'defaults',
    '  log global',
    '  option dontlognull',
    '  timeout connect 1s',
    // Database sessions idle in a pool; dead peers are found by keepalive.
    '  timeout client 1h',
    '  timeout server 1h',
    '',
  ];
}

/** HAProxy beside an API server: only the two database names. */
export function routerConfig(context: RenderContext): string {
  return [...globalSection(2 * MOST_SESSIONS), databaseFrontEnds(context, ROUTER_BIND, MOST_SESSIONS)].join('\n');
}

/** HAProxy on a load balancer: the CRM's HTTP entry, and the database names for every host without a router. */
export function loadBalancerConfig(context: RenderContext): string {
  const { spec, topology } = context;
  const { healthCheck, sessionPersistence } = spec.loadBalancer;
  const { floating } = topology.network;
  const port = spec.application.port;
  const sticky = sessionPersistence.sticky;

  const target = (slot: ApiSlot) =>
    `  server ${slot.name} ${slot.address}:${port}${sticky ? ` cookie ${slot.name}` : ''}${slot.initial ? '' : ' disabled'}`;
  // One server line a slot up to autoScaling.max: spare ones are enabled at run time, so that each has its cookie.
  const slots = topology.apiSlots;
  const check =
    `check inter ${duration(healthCheck.interval)} rise ${healthCheck.healthyThreshold} fall ${healthCheck.unhealthyThreshold}` +
    ` agent-check agent-port ${PORTS.agent} agent-inter ${duration(AGENT_EVERY_MS)} tcp-ut ${duration(SILENT_HOST_MS)}`;
  const cookie = sticky ? ['  cookie SBMCRM_SERVER insert indirect nocache httponly'] : [];
  const http = [
    '  mode http',
    ...ownAnswers(),
    '  balance leastconn',
    // A request that may not be sent twice opens a connection of its own unless its client's is in use already.
    '  http-reuse safe',
    ...cookie,
    '  option redispatch 1',
    '  retries 3',
    // Whoever hung up is not served any more.
    '  option abortonclose',
    // A request goes to another server when this one cannot have acted on it, or when acting twice does no harm: a
    // read, or a write that carries its Idempotency-Key.
    '  retry-on conn-failure empty-response',
    '  http-request disable-l7-retry unless { method GET HEAD } or { req.hdr(Idempotency-Key) -m found }',
    // A host that falls silent with requests under way (their packets acknowledged, so that nothing is sent again): without
    // probes they would wait for as long as the server may take.
    '  option srvtcpka',
    '  srvtcpka-idle 2s',
    '  srvtcpka-intvl 1s',
    '  srvtcpka-cnt 2',
    // Longer than application.hold.deadline: the API answers first.
    `  timeout server ${duration(spec.application.hold.deadline + 10_000)}`,
    `  timeout queue ${duration(spec.application.hold.deadline)}`,
  ];

  // A host that is gone: the slower check still says that it is healthy, and a request that waits for it could not go to another
  // back end later. So nobody is sent where it is. And a shared dependency that is down makes every server unhealthy at once: then
  // any server that lives beats none.
  const toServers = [
    ...[
      ...slots.map(({ name }) => `{ srv_is_up(${API_BACKEND}/${name}) } !{ srv_is_up(${API_BACKEND}-any/${name}) }`),
      `{ nbsrv(${API_BACKEND}) eq 0 }`,
    ].map((away) => `  use_backend ${API_BACKEND}-any if { nbsrv(${API_BACKEND}-any) gt 0 } ${away}`),
    `  default_backend ${API_BACKEND}`,
  ];

  return [
    ...globalSection(ENTRY_CONNECTIONS + HEALTH_CONNECTIONS + 2 * MOST_SESSIONS + RESERVE),
    // For this host's own check of whether HAProxy still answers.
    'frontend alive',
    `  bind 127.0.0.1:${ALIVE_PORT}`,
    '  mode http',
    '  timeout client 2s',
    '  monitor-uri /alive',
    // For the holder of the floating addresses: whether who comes here can be served.
    `  http-request return status 200 if { path ${SERVES_PATH} } { nbsrv(${PRIMARY_PROXY}) gt 0 } { nbsrv(${API_BACKEND}-any) gt 0 }`,
    '  http-request return status 503',
    '',
    ...(spec.monitoring.enabled
      ? [
          'frontend metrics',
          `  bind ${context.host.managementAddress}:${PORTS.haproxyMetrics}`,
          '  mode http',
          '  maxconn 8',
          '  timeout client 5s',
          '  http-request use-service prometheus-exporter if { path /metrics }',
          '  http-request return status 404',
          '',
        ]
      : []),
    'frontend http',
    `  bind :${PORTS.http}`,
    '  mode http',
    `  maxconn ${ENTRY_CONNECTIONS}`,
    ...ownAnswers(),
    ...requestIds(),
    '  timeout client 60s',
    '  timeout http-request 10s',
    '  timeout http-keep-alive 60s',
    '  http-request set-header X-Forwarded-For %[src]',
    '  http-request set-header X-Forwarded-Proto http',
    // A request's deadline counts from here, wherever it waits afterwards.
    '  http-request set-header X-Request-Start %[date(0,ms)]',
    ...hideInternalPaths(),
    ...refuseOverload(API_BACKEND),
    `  use_backend ${HEALTH_PROXY} if { path ${healthCheck.path} }`,
    ...toServers,
    '',
    // Who asks how the platform is wants the truth, and a 503 is an answer: a way of its own, on which it is counted apart from
    // requests that fail.
    `backend ${HEALTH_PROXY}`,
    '  mode http',
    ...ownAnswers(),
    '  option abortonclose',
    '  timeout server 15s',
    `  server entry abns@${HEALTH_PROXY} maxconn ${HEALTH_CONNECTIONS}`,
    '',
    `frontend ${HEALTH_PROXY}-inner`,
    `  bind abns@${HEALTH_PROXY}`,
    '  mode http',
    '  no log',
    `  maxconn ${HEALTH_CONNECTIONS}`,
    '  timeout client 15s',
    ...toServers,
    '',
    `backend ${API_BACKEND}`,
    ...http,
    '  option httpchk',
    `  http-check send meth GET uri ${healthCheck.path} ver HTTP/1.1 hdr Host ${topology.platform}`,
    '  http-check expect status 200',
    `  timeout check ${duration(healthCheck.timeout)}`,
    // A server that has too much to do lowers it by its agent: then requests queue here, and those beyond are refused.
    `  default-server ${check} maxconn ${ENTRY_CONNECTIONS}`,
    ...slots.map(target),
    '',
    `backend ${API_BACKEND}-any`,
    ...http,
    // Whoever answers anything lives, and that is enough here. A host that is gone would have the fewest connections
    // and so be picked first.
    '  option httpchk',
    `  http-check send meth GET uri /livez ver HTTP/1.1 hdr Host ${topology.platform}`,
    '  http-check expect rstatus ^[1-5]',
    // Once connected: a process that answers late is busy and not dead.
    '  timeout check 5s',
    '  default-server check inter 2s fastinter 500ms downinter 1s fall 2 rise 1' +
      ` tcp-ut ${duration(SILENT_HOST_MS)}`,
    ...slots.map(target),
    '',
    databaseFrontEnds(context, { primary: floating.databasePrimary, replica: floating.databaseReplica }, MOST_SESSIONS),
  ].join('\n');
}

/** HAProxy on a load balancer host. Master-worker mode: a reload (SIGUSR2 to the master) drops no connection. */
export function loadBalancerService(context: RenderContext): ServiceBundle {
  const config = `${CONFIG_DIR}/haproxy/haproxy.cfg`;
  return {
    name: 'haproxy',
    reload: 'USR2',
    run: runScript(
      'install -d -o haproxy -g haproxy -m 0755 /run/haproxy',
      `exec chpst -u haproxy haproxy -W -db -p ${MASTER_PID_FILE} -f ${config}`,
    ),
    files: [{ path: 'haproxy/haproxy.cfg', content: loadBalancerConfig(context), owner: 'haproxy', mode: 0o600 }],
  };
}

/** HAProxy beside an API server, by its service's name. */
export const DATABASE_ROUTER = 'router';

/** HAProxy beside an API server; a reload keeps its sessions. */
export function routerService(context: RenderContext): ServiceBundle {
  return {
    name: DATABASE_ROUTER,
    reload: 'USR2',
    run: runScript(
      'install -d -o haproxy -g haproxy -m 0755 /run/haproxy',
      `exec chpst -u haproxy haproxy -W -db -p ${MASTER_PID_FILE} -f ${CONFIG_DIR}/router/haproxy.cfg`,
    ),
    files: [{ path: 'router/haproxy.cfg', content: routerConfig(context), owner: 'haproxy', mode: 0o600 }],
  };
}
