import { join, resolve } from 'node:path';
import { connectCloud, type LocalCloud, type PlatformRecord, readPlatform, StatePaths } from '@sbmcrm/local';
import { loadSpec, type Spec } from '@sbmcrm/spec';
import { planTopology, type Topology } from '@sbmcrm/topology';

/** The project's folder: where the code that hosts run is. */
export const CODE_ROOT = resolve(import.meta.dirname, '../../..');

/** What every command is about: a spec file and the state folder beside it. */
export interface Workspace {
  specFile: string;
  paths: StatePaths;
}

/** @param options.spec default `sbmcrm.yaml` here. @param options.state default `.sbmcrm` beside the spec */
export function openWorkspace(options: { spec?: string; state?: string }): Workspace {
  const specFile = options.spec ?? 'sbmcrm.yaml';
  return { specFile, paths: new StatePaths(options.state ?? join(resolve(specFile), '..', '.sbmcrm')) };
}

/** A platform that was brought up before: everything needed to look at it or operate it. */
export interface Platform {
  spec: Spec;
  paths: StatePaths;
  record: PlatformRecord;
  topology: Topology;
  cloud: LocalCloud;
}

/**
 * Opens the platform in a workspace.
 *
 * @throws SpecError for a bad spec, Error in one line if the platform was never up
 */
export function openPlatform(workspace: Workspace): Platform {
  const spec = loadSpec(workspace.specFile);
  const record = readPlatform(workspace.paths);
  if (!record) throw new Error(`${workspace.paths.root}: there is no platform here — run \`sbmcrm up\``);
  const topology = planTopology(spec, record.network);
  return { spec, paths: workspace.paths, record, topology, cloud: connectCloud(workspace.paths, record) };
}
