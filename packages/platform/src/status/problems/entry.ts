import type { HostStatus } from '@sbmcrm/cloud';
import type { HealthAnswer } from '@sbmcrm/engines';
import type { Platform } from '../../opened.ts';
import type { Observation } from '../observation.ts';
import { apiUrl } from '../observe.ts';
import type { Problem } from '../problem.ts';

/** What is wrong between a user and an API server. Pure. */
export function ofEntry(platform: Pick<Platform, 'spec' | 'topology' | 'record'>, seen: Observation): Problem[] {
  const { spec, topology } = platform;
  const isHeld = seen.hosts.some((host) => host.addresses.includes(topology.network.floating.public));
  const twice = heldTwice(topology, seen.hosts);
  const out = seen.backends.filter((backend) => backend.state !== 'healthy');
  return [
    ...(isHeld ? [] : [{ code: 'ADDRESS_UNHELD' as const, text: 'no load balancer holds the public address' }]),
    ...(twice.length > 1
      ? [{ code: 'ADDRESS_HELD_TWICE' as const, text: `${twice.join(' and ')} hold the same floating address` }]
      : []),
    ...ofScaling(seen),
    ...out.map(
      ({ name: host, state }): Problem => ({
        code: 'SERVER_OUT',
        host,
        text: `${host} is ${state} behind the load balancer`,
      }),
    ),
    ...seen.health.flatMap((answer) => ofServer(answer, spec.loadBalancer.healthCheck.path, seen.hosts)),
    ...(seen.entryAnswers
      ? seen.canary.ok
        ? []
        : [{ code: 'CANARY_FAILED' as const, text: seen.canary.reason }]
      : [{ code: 'ENTRY_SILENT' as const, text: `${apiUrl(platform)} does not answer` }]),
  ];
}

/** What auto-scaling wants, and cannot have. */
function ofScaling({ scaling }: Pick<Observation, 'scaling'>): Problem[] {
  if (scaling?.held === undefined) return [];
  const { serving, desired, held } = scaling;
  return [{ code: 'SCALING_HELD', text: `API servers: ${serving} of ${desired}: ${held}` }];
}

/** Hosts that hold a floating address of which there is another holder. */
function heldTwice({ network }: Platform['topology'], hosts: readonly HostStatus[]): string[] {
  const holders = Object.values(network.floating).map((address) =>
    hosts.filter(({ addresses }) => addresses.includes(address)).map(({ name }) => name),
  );
  return holders.find((each) => each.length > 1) ?? [];
}

/** Why an API server is not well by its own word. That it cannot answer, where its host does not run, is told already. */
function ofServer({ name: host, status, notes }: HealthAnswer, path: string, hosts: readonly HostStatus[]): Problem[] {
  const own = hosts.find((each) => each.name === host);
  const runs = own?.state === 'running' && own.services.every((service) => service.state === 'up');
  if (status === null) {
    return runs ? [{ code: 'SERVER_SILENT', host, text: `${host} does not answer at ${path}` }] : [];
  }
  const words = notes.join(', ');
  if (status === 200) {
    const isForeign = notes.every((note) => note.startsWith('externalApis:'));
    const code = isForeign ? 'EXTERNAL_API_AWAY' : 'SERVER_REMARK';
    return notes.length > 0 ? [{ code, host, text: `${host}: ${words}` }] : [];
  }
  return notes.length > 0
    ? [{ code: 'SERVER_UNWELL', host, text: `${host} answers ${status} at ${path}: ${words}` }]
    : [
        {
          code: 'HEALTH_PATH_WRONG',
          host,
          text: `${host} answers ${status} at ${path} (loadBalancer.healthCheck.path)`,
        },
      ];
}
