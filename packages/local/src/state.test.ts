import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imagePath } from './image.ts';
import { readJson, writeJson } from './machine/files.ts';
import { isAlive, ownIdentity } from './machine/process.ts';
import { missingPackages } from './machine/requirements.ts';
import { createPlatform, lockState, readPlatform, StateLockedError, StatePaths } from './state.ts';

let folder = '';
let paths: StatePaths;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbmcrm-unit-'));
  paths = new StatePaths(join(folder, 'state'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('lockState', () => {
  it('lets one in, names the holder to the next, and leaves no folder behind', () => {
    const unlock = lockState(paths, 'up');
    expect(() => lockState(paths, 'down')).toThrow(StateLockedError);
    expect(() => lockState(paths, 'down')).toThrow(`process ${process.pid} (sbmcrm up)`);
    unlock();
    expect(existsSync(paths.root)).toBe(false);
    lockState(paths, 'up')();
  });

  it('takes over the lock of a process that is gone, also when its pid was given away', () => {
    mkdirSync(paths.root, { recursive: true });
    writeFileSync(paths.lock, JSON.stringify({ pid: process.pid, startTime: 1, command: 'up' }));
    const unlock = lockState(paths, 'up');
    expect(readJson<{ pid: number }>(paths.lock)?.pid).toBe(process.pid);
    unlock();
  });
});

describe('readPlatform', () => {
  it('reads what createPlatform wrote, in a folder for root alone', () => {
    const record = createPlatform(paths, 'sbmcrm', '10.77.0.0/16', 8080);
    expect(readPlatform(paths)).toEqual(record);
    expect(statSync(paths.root).mode & 0o077).toBe(0);
  });

  it('refuses state of a newer version and broken JSON, naming the place', () => {
    createPlatform(paths, 'sbmcrm', '10.77.0.0/16', 8080);
    writeJson(paths.platform, { version: 2 });
    expect(() => readPlatform(paths)).toThrow(/newer version of sbmcrm \(state version 2/);
    writeFileSync(paths.platform, '{');
    expect(() => readPlatform(paths)).toThrow(`${paths.platform}: not valid JSON`);
  });
});

describe('writeJson', () => {
  it('replaces the file and keeps its mode', () => {
    const file = join(folder, 'a/b.json');
    writeJson(file, { a: 1 }, 0o600);
    writeJson(file, { a: 2 }, 0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ a: 2 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('isAlive', () => {
  it('knows this process, and not another one with its pid', () => {
    expect(isAlive(ownIdentity())).toBe(true);
    expect(isAlive({ ...ownIdentity(), startTime: 1 })).toBe(false);
    expect(isAlive({ pid: 4_194_999, startTime: 1 })).toBe(false);
  });
});

describe('missingPackages', () => {
  it('finds what is not there, wherever it may be installed', () => {
    expect(missingPackages(() => true)).toEqual([]);
    expect(
      missingPackages((path) => path !== '/usr/sbin/runc' && !path.endsWith('/ip') && path.startsWith('/usr')),
    ).toEqual(['iproute2']);
    const all = ['mmdebstrap', 'runc', 'iproute2', 'nftables', 'openssl', 'mount', 'e2fsprogs'];
    expect(missingPackages(() => false)).toEqual(all);
  });
});

describe('imagePath', () => {
  const recipe = { packages: ['b', 'a'], newer: {}, filesBefore: {}, programs: [] };

  it('is the same for the same recipe, and another for another', () => {
    expect(imagePath(recipe, '/c')).toMatch(/^\/c\/image-[0-9a-f]{12}$/);
    expect(imagePath({ ...recipe, packages: ['a', 'b', 'a'] }, '/c')).toBe(imagePath(recipe, '/c'));
    expect(imagePath({ ...recipe, packages: ['a'] }, '/c')).not.toBe(imagePath(recipe, '/c'));
    expect(imagePath({ ...recipe, filesBefore: { '/x': '' } }, '/c')).not.toBe(imagePath(recipe, '/c'));
  });
});
