import { createHash } from 'node:crypto';
import { CLUSTER_NAME } from '@sbmcrm/engines';
import type { PlatformStatus } from '@sbmcrm/platform';
import type { Spec } from '@sbmcrm/spec';
import { UsageError } from '../exit.ts';

/** The guide's name for whichever node is the standby at the time. */
export const STANDBY_ALIAS = 'standby-node-id';

/** A node of the database as the vendor's API gives it. */
export interface RdsNode {
  id: string;
  name: string;
  availability_zone: string;
  role: 'master' | 'slave' | 'readreplica';
  status: 'ACTIVE' | 'REBOOTING' | 'FAILED';
}

export interface RdsInstance {
  id: string;
  name: string;
  type: 'Ha';
  status: 'ACTIVE' | 'FAILED';
  region: string;
  flavor_ref: string;
  nodes: RdsNode[];
}

const ROLES = { primary: 'master', standby: 'slave', replica: 'readreplica' } as const;
const STATUSES = {
  running: 'ACTIVE',
  starting: 'REBOOTING',
  stopped: 'FAILED',
  failed: 'FAILED',
  unknown: 'FAILED',
} as const;

/** A host's id in the vendor's form, 32 hexadecimal digits and `no03` for PostgreSQL; always the same for a name. */
export function nodeId(platform: string, host: string): string {
  const digest = createHash('sha256').update(`${platform}/${host}`).digest('hex');
  return `${digest.slice(0, 32)}no03`;
}

/** The database in the vendor's words. Pure. */
export function rdsInstance(
  { platform, zones, regions, database }: Spec,
  seen: PlatformStatus['database'],
): RdsInstance {
  return {
    id: CLUSTER_NAME,
    name: CLUSTER_NAME,
    type: 'Ha',
    status: seen.primary ? 'ACTIVE' : 'FAILED',
    region: regions.primary,
    flavor_ref: database.instanceClass,
    nodes: seen.members.map(({ name, zone, role, state }) => ({
      id: nodeId(platform, name),
      name,
      availability_zone: zones[zone as keyof typeof zones],
      role: ROLES[role],
      status: STATUSES[state],
    })),
  };
}

/** @throws UsageError unless it is the platform's one instance */
export function requireInstance(id: string): void {
  if (id !== CLUSTER_NAME) throw new UsageError(`--instance-id "${id}": the only instance is ${CLUSTER_NAME}`);
}

/**
 * The host that a node id means; undefined for the standby, whichever it is.
 *
 * @param hosts names of the database's hosts
 * @throws UsageError when it is the id of none
 */
export function hostOfNode(platform: string, hosts: readonly string[], id: string): string | undefined {
  if (id === STANDBY_ALIAS) return undefined;
  const host = hosts.find((name) => nodeId(platform, name) === id);
  if (host) return host;
  throw new UsageError(
    `--node-id "${id}": ${CLUSTER_NAME} has no such node (see \`huaweicloud rds list-nodes --instance-id ${CLUSTER_NAME}\`)`,
  );
}
