import type { Spec } from '@sbmcrm/spec';
import type { HostRole } from './role.ts';

/** What one host may use. */
export interface HostSize {
  /** Its share of the processors when all are busy, against the other hosts. */
  cpus: number;
  /** Bytes; past this its own processes end. */
  memory: number;
  /** Bytes that its disk holds; only what is written takes room on the machine. */
  disk: number;
}

interface Sized {
  role: HostRole;
  size: HostSize;
}

const MB = 1024 ** 2;

/**
 * What the engines of a host need to start and to carry a little, in bytes: measured idle on a platform of the default spec,
 * doubled, and the application's heap limit besides.
 */
const LEAST: Record<HostRole, number> = {
  'load-balancer': 128 * MB,
  api: 384 * MB,
  database: 384 * MB,
  'read-replica': 384 * MB,
  cache: 192 * MB,
  quorum: 256 * MB,
  monitor: 256 * MB,
};

/** How much of a machine's memory a platform's hosts may have together: the rest is the user's and the kernel's. */
const MACHINE_SHARE = 0.75;
/** So that a machine that reports a little more or less gets the same plan. */
const STEP = 256 * MB;

/** Redis copies what changes while it writes a snapshot: room for half of its data besides. */
const CACHE_OVERHEAD = 1.5;

/** As large as the guide's smallest volume would be. */
const DISK = 8 * 1024 * MB;

/** The size that the spec wants for a host of a role. */
export function wantedSize(spec: Spec, role: HostRole): HostSize {
  return { ...processorsAndMemory(spec, role), disk: DISK };
}

function processorsAndMemory(spec: Spec, role: HostRole): Omit<HostSize, 'disk'> {
  const { memory } = spec.cache;
  switch (role) {
    case 'load-balancer':
      return spec.loadBalancer.size;
    case 'api':
      return spec.application.size;
    case 'database':
    case 'read-replica':
      return spec.database.size;
    case 'cache':
      return { ...spec.cache.size, memory: Math.max(spec.cache.size.memory, memory * CACHE_OVERHEAD) };
    case 'quorum':
      return spec.quorum.size;
    case 'monitor':
      return spec.monitoring.size;
  }
}

/**
 * Sizes of hosts on one machine: as the spec wants them where they fit together into three quarters of its memory. Else each
 * has its least, and what is left is shared in proportion to what each wants above that. Pure.
 *
 * @param hosts all hosts of the platform
 * @param machineMemory bytes
 */
export function fitSizes<T extends Sized>(hosts: readonly T[], machineMemory: number): T[] {
  const budget = Math.floor((machineMemory * MACHINE_SHARE) / STEP) * STEP;
  const least = (host: T) => Math.min(LEAST[host.role], host.size.memory);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const wanted = sum(hosts.map((host) => host.size.memory));
  const needed = sum(hosts.map(least));
  if (wanted <= budget) return [...hosts];
  const share = wanted === needed ? 0 : Math.max(0, budget - needed) / (wanted - needed);
  return hosts.map((host) => {
    const memory = least(host) + (host.size.memory - least(host)) * share;
    return { ...host, size: { ...host.size, memory: Math.floor(memory / MB) * MB } };
  });
}

/** What a platform needs at least, in bytes, on a machine of its own: past this machine or not. Pure. */
export function leastMemory(hosts: readonly Sized[]): number {
  const needed = hosts.reduce((total, host) => total + Math.min(LEAST[host.role], host.size.memory), 0);
  return Math.ceil(needed / MACHINE_SHARE / STEP) * STEP;
}
