import { machineMemory } from '@sbmcrm/local';
import type { Spec } from '@sbmcrm/spec';
import { planTopology, type Topology } from '@sbmcrm/topology';
import { openCloud, type PlatformCloud, type Workspace } from './cloud.ts';

/** A platform that was brought up before: everything needed to look at it or operate it. */
export interface Platform extends PlatformCloud {
  spec: Spec;
  topology: Topology;
}

/** @throws Error in one line if the platform was never up */
export function withSpec(workspace: Workspace, spec: Spec): Platform {
  const opened = openCloud(workspace);
  return { ...opened, spec, topology: planTopology(spec, opened.record.network, machineMemory()) };
}
