import { resolve } from 'node:path';
import { loadSpec, parseSpec, readSpecText, type Spec } from '@sbmcrm/spec';
import type { Workspace } from './cloud.ts';
import { type Platform, withSpec } from './opened.ts';

export { folderOf, openCloud, openWorkspace, type PlatformCloud, type Workspace } from './cloud.ts';
export type { Platform } from './opened.ts';

/** The project's folder: where the code that hosts run is. */
export const CODE_ROOT = resolve(import.meta.dirname, '../../..');

/**
 * Opens the platform in a workspace.
 *
 * @throws SpecError for a bad spec, Error in one line if the platform was never up
 */
export function openPlatform(workspace: Workspace): Platform {
  return withSpec(workspace, loadSpec(workspace.specFile));
}

/** A spec, and the text that says it. @throws SpecError */
export function readSpec(file: string): { spec: Spec; text: string } {
  const text = readSpecText(file);
  return { spec: parseSpec(text, file), text };
}
