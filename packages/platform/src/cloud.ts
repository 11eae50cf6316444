import { dirname, join, resolve } from 'node:path';
import type { Cloud } from '@sbmcrm/cloud';
import { ToolError } from '@sbmcrm/errors';
import { connectCloud, type PlatformRecord, readPlatform, StatePaths } from '@sbmcrm/local';
import { SPEC_FILE } from '@sbmcrm/spec/derived';
import { hostImage } from './image.ts';

/** What every command is about: a spec file and the state folder beside it. */
export interface Workspace {
  specFile: string;
  /** Where paths in the spec begin; missing: at the folder of its file. */
  folder?: string;
  paths: StatePaths;
}

/** @param options.spec default `sbmcrm.yaml` here. @param options.state default `.sbmcrm` beside the spec */
export function openWorkspace(options: { spec?: string; state?: string }): Workspace {
  const specFile = options.spec ?? SPEC_FILE;
  return { specFile, paths: new StatePaths(options.state ?? join(resolve(specFile), '..', '.sbmcrm')) };
}

/** Where paths in the spec of a workspace begin. */
export function folderOf({ specFile, folder }: Pick<Workspace, 'specFile' | 'folder'>): string {
  return resolve(folder ?? dirname(specFile));
}

/** What the state folder alone says of a platform that was brought up before. */
export interface PlatformCloud {
  paths: StatePaths;
  record: PlatformRecord;
  cloud: Cloud;
}

/**
 * Opens a platform without its spec: enough to look into hosts, also while the spec is broken or gone.
 *
 * @throws Error in one line if the platform was never up
 */
export function openCloud({ paths }: Pick<Workspace, 'paths'>): PlatformCloud {
  const record = readPlatform(paths);
  if (!record) throw new ToolError('NO_PLATFORM', `${paths.root}: there is no platform here — run \`sbmcrm up\``);
  return { paths, record, cloud: connectCloud(paths, record, hostImage) };
}
