/**
 * What the holder of a token of the local cloud may do. Each kind has a token of its own, so that a controller that only
 * fences cannot delete hosts, and one that only looks cannot break anything.
 *
 * - observe: the state of hosts, backends and faults
 * - operate: define, start, stop and delete hosts, their services and disks, and backends
 * - fence: fence a host, and start it again
 * - inject: inject and clear faults
 * - schedule: run what the spec's schedule has
 * - scale: launch, drain and terminate hosts of the fleet
 *
 * Every token may observe.
 */
export const SCOPES = ['observe', 'operate', 'fence', 'inject', 'schedule', 'scale'] as const;
export type Scope = (typeof SCOPES)[number];

export type CloudTokens = Record<Scope, string>;
