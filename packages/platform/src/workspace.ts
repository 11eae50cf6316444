import { readFileSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { machineMemory, type StatePaths, writeFileAtomic } from '@sbmcrm/local';
import { loadSpec, parseSpec, type Spec, SpecError } from '@sbmcrm/spec';
import { planTopology, type Topology } from '@sbmcrm/topology';
import { openCloud, type PlatformCloud, type Workspace } from './cloud.ts';

export { openCloud, openWorkspace, type PlatformCloud, type Workspace } from './cloud.ts';

/** The project's folder: where the code that hosts run is. */
export const CODE_ROOT = resolve(import.meta.dirname, '../../..');

/** A platform that was brought up before: everything needed to look at it or operate it. */
export interface Platform extends PlatformCloud {
  spec: Spec;
  topology: Topology;
}

/**
 * Opens the platform in a workspace.
 *
 * @throws SpecError for a bad spec, Error in one line if the platform was never up
 */
export function openPlatform(workspace: Workspace): Platform {
  return withSpec(workspace, loadSpec(workspace.specFile));
}

/**
 * Opens the platform in a workspace; when its spec cannot be loaded, as `up` last applied it.
 *
 * @returns with `problem`, why the spec could not be loaded
 * @throws SpecError if there is no applied spec to stand in, Error in one line if the platform was never up
 */
export function openAsApplied(workspace: Workspace): { platform: Platform; problem?: SpecError } {
  try {
    return { platform: openPlatform(workspace) };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    const applied = appliedSpec(workspace.paths);
    if (!applied) throw error;
    return { platform: withSpec(workspace, applied), problem: error };
  }
}

function withSpec(workspace: Workspace, spec: Spec): Platform {
  const opened = openCloud(workspace);
  return { ...opened, spec, topology: planTopology(spec, opened.record.network, machineMemory()) };
}

/** A spec, and the text to keep of it with {@link keepSpec}. @throws SpecError */
export function readSpec(file: string): { spec: Spec; text: string | undefined } {
  const spec = loadSpec(file);
  // A pipe was read to its end: it cannot be read again.
  return { spec, text: statSync(file).isFile() ? readFileSync(file, 'utf8') : undefined };
}

/** Keeps the text of the spec that the hosts follow from now on; without one, the old text must not stand in for it. */
export function keepSpec(paths: StatePaths, text: string | undefined): void {
  if (text === undefined) rmSync(paths.appliedSpec, { force: true });
  else writeFileAtomic(paths.appliedSpec, text, 0o600);
}

/** The spec that the hosts follow; undefined if it was not kept, or another version of this software kept it. */
function appliedSpec({ appliedSpec: file }: StatePaths): Spec | undefined {
  try {
    return parseSpec(readFileSync(file, 'utf8'), file);
  } catch {
    return undefined;
  }
}
