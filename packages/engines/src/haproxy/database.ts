import { type Host, hostsInRole, PORTS } from '@sbmcrm/topology';
import type { RenderContext } from '../common/context.ts';

/** HAProxy's name of what leads to the primary. */
export const PRIMARY_PROXY = 'postgres-primary';

/**
 * The two TCP front ends behind `postgres-primary.internal` and `postgres-replica.internal`.
 *
 * Patroni's REST API says who is what; a server that stops being it has its sessions cut at once, so that no pool stays
 * pinned to a demoted primary.
 *
 * @param bind the addresses that the two names have on this host
 * @param most sessions at each name
 */
export function databaseFrontEnds(
  { topology }: Pick<RenderContext, 'topology'>,
  bind: { primary: string; replica: string },
  most: number,
): string {
  const databases = hostsInRole(topology, 'database');
  const replicas = hostsInRole(topology, 'read-replica');
  // Beside Patroni's word: whether what it shows is fresh. A watch that says nothing takes nobody out.
  const fresh = ` agent-check agent-port ${PORTS.lagWatch} agent-inter 2s`;
  const server = (host: Host, extra = '') => `  server ${host.name} ${host.address}:${PORTS.postgres}${extra}`;
  const listen = (name: string, address: string, uri: string, check: string, servers: string[]) => [
    `listen ${name}`,
    `  bind ${address}:${PORTS.postgres}`,
    '  mode tcp',
    `  maxconn ${most}`,
    '  balance leastconn',
    '  option httpchk',
    // OPTIONS: Patroni answers with the status alone, and HAProxy reads no more than that.
    `  http-check send meth OPTIONS uri ${uri}`,
    '  http-check expect status 200',
    // Once connected: a Patroni that answers late is on a busy host, not a dead one, and a server that is marked down loses all
    // its sessions. A silent host is known by `timeout connect`, a frozen one is out before its lease has run out (20 s).
    '  timeout check 5s',
    '  option clitcpka',
    '  option srvtcpka',
    '  option redispatch',
    `  default-server check port ${PORTS.patroni} ${check} on-marked-down shutdown-sessions`,
    ...servers,
    '',
  ];
  return [
    ...listen(
      PRIMARY_PROXY,
      bind.primary,
      '/primary',
      // Two misses and the server is out; one hit and the new primary is in.
      'inter 1s fastinter 500ms downinter 500ms fall 2 rise 1',
      databases.map((host) => server(host)),
    ),
    ...listen(
      'postgres-replica',
      bind.replica,
      '/replica',
      'inter 2s fastinter 1s downinter 1s fall 2 rise 1',
      // Without any read replica the standby serves; without that the application's pool falls back to the primary.
      [...replicas.map((host) => server(host, fresh)), ...databases.map((host) => server(host, `${fresh} backup`))],
    ),
  ].join('\n');
}
