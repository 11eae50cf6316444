import type { HealthAnswer } from '@sbmcrm/engines';
import { machineConditions, machineMemory } from '@sbmcrm/local';
import { leastMemory, planTopology } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';

/** Servers that auto-scaling left when it was switched off. Pure. */
function surplusWarnings({ spec, topology }: Pick<Platform, 'spec' | 'topology'>): string[] {
  if (spec.application.autoScaling.enabled) return [];
  const isMore = (name: string) => topology.apiSlots.some((slot) => slot.name === name && !slot.initial);
  const more = topology.hosts.filter(({ name }) => isMore(name)).map(({ name }) => name);
  if (more.length === 0) return [];
  return [
    `${more.join(', ')}: more servers than desired, and nothing takes them away while application.autoScaling.enabled is false`,
  ];
}

/** What on this machine hurts the platform, or will soon, in one line each. */
export function warningsOf({ paths, record, spec, topology }: Platform): string[] {
  const needed = leastMemory(planTopology(spec, record.network).hosts);
  const gb = (bytes: number) => `${Math.round((bytes / 1024 ** 3) * 10) / 10} GB`;
  const tooSmall =
    machineMemory() < needed
      ? [
          `this machine has ${gb(machineMemory())} of memory, the platform needs ${gb(needed)}: hosts may run out of it${spec.monitoring.enabled ? ' (with monitoring.enabled: false it needs less)' : ''}`,
        ]
      : [];
  return [
    ...surplusWarnings({ spec, topology }),
    ...tooSmall,
    ...machineConditions({ root: paths.root, port: record.port }).map(({ text }) => text),
  ];
}

/**
 * API servers that have no health check at the spec's path: load balancers take them out one by one, minutes later. One that calls
 * itself unhealthy has one. Pure.
 */
export function healthPathWarnings({ spec }: Pick<Platform, 'spec'>, answers: readonly HealthAnswer[]): string[] {
  const { path } = spec.loadBalancer.healthCheck;
  return answers
    .filter(({ status }) => status !== null && status !== 200 && status !== 503)
    .map(
      ({ name, status }) =>
        `${name} answers ${status} at ${path} (loadBalancer.healthCheck.path): load balancers will take it for unhealthy`,
    );
}
