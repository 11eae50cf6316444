import { expect, it } from 'vitest';
import { fileSystemBytes } from './disk-size.ts';

it.each([
  [2 ** 21, 2, 8 * 1024 ** 3],
  [2 ** 31, 2, 8 * 1024 ** 4],
  [65_536, 0, 64 * 1024 ** 2],
])('a file system of %d blocks whose size has the logarithm %d', (blocks, logBlockSize, bytes) => {
  const superblock = Buffer.alloc(28);
  superblock.writeUInt32LE(blocks, 4);
  superblock.writeUInt32LE(logBlockSize, 24);
  expect(fileSystemBytes(superblock)).toBe(bytes);
});
