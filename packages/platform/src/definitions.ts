import { hostsFile, type RenderContext, renderHost } from '@sbmcrm/engines';
import type { HostDefinition } from '@sbmcrm/local';

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
    // etcd and Sentinel decide who leads. On real machines nobody takes their processors.
    size: host.role === 'quorum' ? { ...host.size, urgent: true } : host.size,
  };
}
