import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostPaths } from '../state.ts';
import { existingDisk, isReadOnly, mountCommands } from './disk.ts';

describe('mountCommands', () => {
  it('mount under a lock of the image, with the kernel’s word that the loop device goes by itself', () => {
    const text = mountCommands('/state/disk.ext4', '/image/data').join('\n');
    expect(text).toContain("flock '/state/disk.ext4' mount -t ext4 -o loop,nosuid,nodev,");
    expect(text).toContain("'/state/disk.ext4' '/image/data'; do");
  });
  it('take any path for what it is', () => {
    expect(mountCommands("/it's here; $(x)/disk", '/d').join('\n')).toContain("'/it'\\''s here; $(x)/disk'");
  });
  it('print nothing to standard output, where a file that is read comes out', () => {
    expect(mountCommands('/i', '/d').at(-1)).toMatch(/>\/dev\/null 2>&1 \|\| :$/);
  });
});

describe('existingDisk', () => {
  let folder = '';
  let paths: HostPaths;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sbmcrm-unit-'));
    paths = new HostPaths(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is none before the first start, also when that was cut short', () => {
    expect(existingDisk(paths)).toBeUndefined();
    mkdirSync(paths.data);
    writeFileSync(`${paths.disk}.new`, '');
    expect(existingDisk(paths)).toBeUndefined();
  });
  it('is the folder of a host from before, and its image otherwise', () => {
    mkdirSync(join(paths.data, 'postgres'), { recursive: true });
    expect(existingDisk(paths)).toBe('folder');
    writeFileSync(paths.disk, '');
    expect(existingDisk(paths)).toBe('image');
  });
});

describe('isReadOnly', () => {
  const mounts = (options: string) => `overlay / overlay ro 0 0\n/dev/loop3 /data ext4 ${options} 0 0\n`;
  it.each([
    ['rw,nosuid,errors=remount-ro', false],
    ['ro,nosuid,errors=remount-ro', true],
    ['rw,nosuid,errors=remount-ro,emergency_ro', true],
  ])('%s: %s', (options, expected) => {
    expect(isReadOnly(mounts(options))).toBe(expected);
  });
});
