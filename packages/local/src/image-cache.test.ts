import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builderOf, imagePath } from './image.ts';
import { claimImage, collectImages, releaseImage } from './image-cache.ts';

const RECIPE = { packages: ['p'], newer: {}, filesBefore: {}, programs: [] };
let folder = '';
let cache = '';
let state = '';
let run = '';
const old = () => join(cache, 'image-0123456789ab');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbmcrm-cache-'));
  cache = join(folder, 'cache');
  state = join(folder, 'state');
  run = join(folder, 'run');
  for (const path of [state, imagePath(RECIPE, cache), old()]) mkdirSync(path, { recursive: true });
  claimImage(state, RECIPE, cache);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('images of hosts', () => {
  it('of an earlier version go, the one that a platform claims stays', () => {
    collectImages(cache, run);
    expect(existsSync(old())).toBe(false);
    expect(existsSync(imagePath(RECIPE, cache))).toBe(true);
  });

  it('that a running host is made from stay, whoever claims what', () => {
    const bundle = join(run, 'sbm0a4d/bundles/lb-a');
    mkdirSync(bundle, { recursive: true });
    writeFileSync(join(bundle, 'config.json'), JSON.stringify({ root: { path: old() } }));
    collectImages(cache, run);
    expect(existsSync(old())).toBe(true);
  });

  it('go with the last platform, and so does the cache', () => {
    const second = join(folder, 'second');
    mkdirSync(second);
    claimImage(second, RECIPE, cache);
    releaseImage(state, cache);
    expect(existsSync(imagePath(RECIPE, cache))).toBe(true);
    releaseImage(second, cache);
    expect(existsSync(cache)).toBe(false);
  });

  it('are not kept for a state folder that was deleted', () => {
    rmSync(state, { recursive: true });
    collectImages(cache, run);
    expect(existsSync(cache)).toBe(false);
  });

  it('are built by one command at a time: another one that runs is waited for, and not one that is gone', () => {
    const building = (pid: number) => mkdirSync(`${imagePath(RECIPE, cache)}.building-${pid}`);
    expect(builderOf(RECIPE, cache)).toBeUndefined();
    building(process.pid);
    building(2 ** 30);
    expect(builderOf(RECIPE, cache)).toBeUndefined();
    building(process.ppid);
    expect(builderOf(RECIPE, cache)).toBe(process.ppid);
    expect(builderOf({ ...RECIPE, packages: ['another'] }, cache)).toBeUndefined();
  });

  it('that are being built are left alone', () => {
    const building = `${imagePath(RECIPE, cache)}.building-${process.pid}`;
    mkdirSync(building);
    releaseImage(state, cache);
    expect(existsSync(building)).toBe(true);
  });
});
