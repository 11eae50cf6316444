import { PRIMARY_NAME, REPLICA_NAME, type ServiceName } from '@sbmcrm/topology';
import { apiService } from './api/config.ts';
import type { RenderContext, ServiceBundle } from './common/context.ts';
import { etcdService } from './etcd/config.ts';
import { loadBalancerService, ROUTER_BIND, routerService } from './haproxy/config.ts';
import { keepalivedService } from './keepalived/config.ts';
import { postgresService } from './postgres/config.ts';
import { redisService, sentinelService } from './redis/config.ts';

const SERVICES: Record<ServiceName, (context: RenderContext) => ServiceBundle> = {
  etcd: etcdService,
  patroni: postgresService,
  redis: redisService,
  sentinel: sentinelService,
  haproxy: loadBalancerService,
  keepalived: keepalivedService,
  router: routerService,
  api: apiService,
};

/** Everything that one host runs, rendered. */
export function renderHost(context: RenderContext): ServiceBundle[] {
  return context.host.services.map((service) => SERVICES[service](context));
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
    ...topology.hosts.map((each) => `${each.address} ${each.name}`),
    '',
  ].join('\n');
}
