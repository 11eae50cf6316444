import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RUNTIME_ROOT } from './host/runtime.ts';
import { IMAGE_CACHE, type ImageRecipe, imagePath, removeAbandonedBuilds } from './image.ts';
import { readJson, writeJson } from './machine/files.ts';

/** Which platform an image is kept for. */
interface Claim {
  /** State folder. */
  state: string;
  /** Folder of the image. */
  image: string;
}

const CLAIMS = 'claims';

function claimFile(cache: string, state: string): string {
  return join(cache, CLAIMS, `${createHash('sha256').update(state).digest('hex').slice(0, 16)}.json`);
}

/** Keeps the image of this version for a platform, also while it is down. Before it is built, so that nobody collects it. */
export function claimImage(state: string, recipe: ImageRecipe, cache: string = IMAGE_CACHE): void {
  mkdirSync(join(cache, CLAIMS), { recursive: true, mode: 0o755 });
  writeJson(claimFile(cache, state), { state, image: imagePath(recipe, cache) } satisfies Claim);
}

/** Gives up a platform's claim, and removes what nobody needs any more. */
export function releaseImage(state: string, cache: string = IMAGE_CACHE): void {
  rmSync(claimFile(cache, state), { force: true });
  collectImages(cache);
}

/** Removes an image: it is there whole or not at all, also when this is cut short. */
function removeImage(path: string, cache: string): void {
  const aside = `${path}.removing-${process.pid}`;
  renameSync(path, aside);
  // Claimed while it was looked at.
  const isClaimed = globSync(`${cache}/${CLAIMS}/*.json`).some((file) => {
    const claim = readJson<Claim>(file);
    return claim?.image === path && existsSync(claim.state);
  });
  if (isClaimed && !existsSync(path)) renameSync(aside, path);
  else rmSync(aside, { recursive: true, force: true });
}

/**
 * Removes images that no platform claims and no running host is made from, and the cache itself with the last one. A claim whose
 * state folder is gone counts no more.
 *
 * @param runtimeRoot where running hosts' bundles are
 */
export function collectImages(cache: string = IMAGE_CACHE, runtimeRoot: string = RUNTIME_ROOT): void {
  if (!existsSync(cache)) return;
  removeAbandonedBuilds(cache);
  const needed = new Set<string>();
  for (const file of globSync(`${cache}/${CLAIMS}/*.json`)) {
    const claim = readJson<Claim>(file);
    if (claim && existsSync(claim.state)) needed.add(claim.image);
    else rmSync(file, { force: true });
  }
  for (const file of globSync(`${runtimeRoot}/*/bundles/*/config.json`)) {
    const bundle = readJson<{ root: { path: string } }>(file);
    if (bundle) needed.add(bundle.root.path);
  }
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (/^image-[0-9a-f]+$/.test(name) && !needed.has(path)) removeImage(path, cache);
  }
  for (const folder of [join(cache, CLAIMS), cache]) {
    try {
      rmdirSync(folder);
    } catch {
      return; // something is left in it
    }
  }
}
