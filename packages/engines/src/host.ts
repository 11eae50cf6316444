import { PRIMARY_NAME, REPLICA_NAME, type ServiceName } from '@sbmcrm/topology';
import { ENGINES } from './catalog.ts';
import type { RenderContext, ServiceBundle } from './common/context.ts';
import { ROUTER_BIND } from './haproxy/config.ts';

/** Everything that one host runs, rendered. */
export function renderHost(context: RenderContext): ServiceBundle[] {
  const scrapes = Object.entries(ENGINES).flatMap(([service, { scrape }]) =>
    scrape ? [{ service: service as ServiceName, ...scrape(context.spec) }] : [],
  );
  return context.host.services.map((service) => ENGINES[service].render({ ...context, scrapes }));
}

/**
 * `/etc/hosts` of a host. The two database names point to the router beside an API server, else to the floating
 * addresses of the load balancers.
 */
export function hostsFile({ topology, host }: Pick<RenderContext, 'topology' | 'host'>): string {
  const { floating } = topology.network;
  const ownRouter = host.services.includes('router');
  return [
    '127.0.0.1 localhost',
    `${ownRouter ? ROUTER_BIND.primary : floating.databasePrimary} ${PRIMARY_NAME}`,
    `${ownRouter ? ROUTER_BIND.replica : floating.databaseReplica} ${REPLICA_NAME}`,
    // All places of API servers, filled or not: who comes and goes changes nothing on other hosts.
    ...topology.hosts.filter(({ role }) => role !== 'api').map((each) => `${each.address} ${each.name}`),
    ...topology.apiSlots.map((each) => `${each.address} ${each.name}`),
    '',
  ].join('\n');
}
