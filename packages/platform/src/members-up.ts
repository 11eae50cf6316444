import type { ServiceName } from '@sbmcrm/topology';

/** Hosts whose member of an engine is healthy, for each engine whose members are asked. */
export type MembersUp = Readonly<Partial<Record<ServiceName, readonly string[]>>>;

/** Engines of which a member has used up its quota. */
export type MembersFull = readonly ServiceName[];
