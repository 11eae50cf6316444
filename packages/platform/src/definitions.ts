import { hostsFile, type RenderContext, renderHost } from '@sbmcrm/engines';
import type { HostDefinition } from '@sbmcrm/local';
import type { HostRole } from '@sbmcrm/topology';

/**
 * etcd and Sentinel decide who leads, and a load balancer refuses what is too much. On real machines nobody takes their processors;
 * here the servers that are asked too much would.
 */
const URGENT: ReadonlySet<string> = new Set<HostRole>(['quorum', 'load-balancer']);

/** A host of the topology as the cloud wants it: pure. */
export function hostDefinition(context: RenderContext): HostDefinition {
  const { host } = context;
  return {
    name: host.name,
    zone: host.zone,
    address: host.address,
    managementAddress: host.managementAddress,
    services: renderHost(context),
    hosts: hostsFile(context),
    networkAdmin: host.role === 'load-balancer',
    code: host.services.includes('api'),
    size: URGENT.has(host.role) ? { ...host.size, urgent: true } : host.size,
  };
}
