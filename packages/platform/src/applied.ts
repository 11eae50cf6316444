import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { ToolError } from '@sbmcrm/errors';
import { codeVersion, keepTaskNames, readJson, type StatePaths, writeFileAtomic, writeJson } from '@sbmcrm/local';
import type { Spec } from '@sbmcrm/spec';
import { SpecError } from '@sbmcrm/spec/spec-error';
import type { Workspace } from './cloud.ts';
import { type Platform, withSpec } from './opened.ts';

/** What a text says, as this version of the software reads it. */
interface ParsedSpec {
  /** Hash of the text and of the code that read it. */
  of: string;
  spec: Spec;
  /** Where its paths begin; missing: an earlier version kept it. */
  folder?: string;
}

/** Keeps the spec that the hosts follow from now on: its text, and what it says. */
export function keepSpec(
  paths: StatePaths,
  { text, spec, folder }: { text: string; spec: Spec; folder: string },
): void {
  writeFileAtomic(paths.appliedSpec, text, 0o600);
  writeJson(paths.parsedSpec, { of: hashOf(text), spec, folder } satisfies ParsedSpec, 0o600);
  keepTaskNames(
    paths,
    spec.drills.schedule.map(({ drill }) => drill),
  );
}

/** The workspace of the spec that the hosts follow, whatever was written into the file since. */
export function appliedWorkspace({ paths }: Pick<Workspace, 'paths'>): Workspace {
  const { folder } = readJson<Partial<ParsedSpec>>(paths.parsedSpec) ?? {};
  return { specFile: paths.appliedSpec, paths, ...(folder === undefined ? {} : { folder }) };
}

/**
 * Opens the platform in a workspace; when its spec cannot be loaded, as `up` last applied it. A spec that is still the one that was
 * applied is not read anew: to load what reads YAML and checks it takes longer than to ask a whole platform how it is.
 *
 * @returns with `problem`, why the spec could not be loaded
 * @throws SpecError if there is no applied spec to stand in, Error in one line if the platform was never up
 */
export async function openAsApplied(workspace: Workspace): Promise<{ platform: Platform; problem?: SpecError }> {
  const parsed = parsedSpec(workspace);
  if (parsed) return { platform: withSpec(workspace, parsed) };
  const { openPlatform, readSpec } = await import('./workspace.ts');
  try {
    return { platform: openPlatform(workspace) };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    let applied: Spec;
    try {
      applied = readSpec(workspace.paths.appliedSpec).spec;
    } catch {
      // It was not kept, or another version of this software kept it.
      throw error;
    }
    return { platform: withSpec(workspace, applied), problem: error };
  }
}

/**
 * Opens the platform with the spec that its hosts follow, whatever was written into the file since.
 *
 * @throws ToolError where it was not kept; Error in one line if the platform was never up
 */
export async function openWithApplied(workspace: Workspace): Promise<Platform> {
  const { readSpec } = await import('./workspace.ts');
  try {
    return withSpec(workspace, readSpec(workspace.paths.appliedSpec).spec);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new ToolError('NO_PLATFORM', 'it is not known which spec the hosts follow: run `sbmcrm up` first');
  }
}

/** What the spec says, if it is the one that was applied. */
function parsedSpec({ specFile, paths }: Workspace): Spec | undefined {
  try {
    // A pipe can be read only once.
    if (!statSync(specFile).isFile()) return undefined;
    const parsed = readJson<ParsedSpec>(paths.parsedSpec);
    return parsed?.of === hashOf(readFileSync(specFile, 'utf8')) ? parsed.spec : undefined;
  } catch {
    return undefined;
  }
}

function hashOf(text: string): string {
  return createHash('sha256')
    .update(codeVersion(['spec']))
    .update(text)
    .digest('hex');
}
