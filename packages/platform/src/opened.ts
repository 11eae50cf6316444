import { machineMemory, retiredHosts, type StatePaths, storedHosts } from '@sbmcrm/local';
import type { Spec } from '@sbmcrm/spec';
import { planTopology, type Topology, withPresent } from '@sbmcrm/topology';
import { openCloud, type PlatformCloud, type Workspace } from './cloud.ts';

/** A platform that was brought up before: everything needed to look at it or operate it. */
export interface Platform extends PlatformCloud {
  spec: Spec;
  topology: Topology;
}

/** The platform's hosts: those that the spec wants on this machine, with those that were added while it ran, and without those that went. */
export function topologyOf(spec: Spec, network: string, paths: StatePaths): Topology {
  const { min } = spec.application.autoScaling;
  return withPresent(planTopology(spec, network, machineMemory()), storedHosts(paths), retiredOf({ spec, paths }), min);
}

/** Names of instances that went, where they come and go. */
export function retiredOf({ spec, paths }: { spec: Spec; paths: StatePaths }): string[] {
  return spec.application.autoScaling.enabled ? retiredHosts(paths) : [];
}

/** @throws Error in one line if the platform was never up */
export function withSpec(workspace: Workspace, spec: Spec): Platform {
  const opened = openCloud(workspace);
  return { ...opened, spec, topology: topologyOf(spec, opened.record.network, opened.paths) };
}
