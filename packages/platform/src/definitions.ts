import type { HostDefinition } from '@sbmcrm/cloud';
import { enginesOf, hostsFile, type RenderContext, renderHost } from '@sbmcrm/engines';

/** A host of the topology as the cloud wants it: pure. */
export function hostDefinition(context: RenderContext): HostDefinition {
  const { host } = context;
  const services = renderHost(context);
  const engines = enginesOf(services);
  const isUrgent = engines.some((engine) => engine.urgent);
  const isLimited = engines.some((engine) => engine.limited);
  return {
    name: host.name,
    region: host.region,
    zone: host.zone,
    address: host.address,
    managementAddress: host.managementAddress,
    services,
    hosts: hostsFile(context),
    networkAdmin: engines.some((engine) => engine.networkAdmin === true),
    code: engines.some((engine) => engine.code === true),
    size: {
      ...host.size,
      ...(isUrgent ? { urgent: true } : {}),
      ...(isLimited ? { limited: true } : {}),
    },
  };
}
