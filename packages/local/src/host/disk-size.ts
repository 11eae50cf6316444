import { open } from 'node:fs/promises';
import { CommandError, run } from '../machine/exec.ts';

/** In ext4's superblock: how many blocks there are, and the binary logarithm of a block's kilobytes. @see kernel file fs/ext4/ext4.h */
const SUPERBLOCK = 1024;
const BLOCKS = 0x4;
const LOG_BLOCK_SIZE = 0x18;
const GROW_TIMEOUT_MS = 120_000;

/** Bytes that the file system in an image holds: pure. @param superblock its first 28 bytes or more */
export function fileSystemBytes(superblock: Buffer): number {
  return superblock.readUInt32LE(BLOCKS) * 1024 * 2 ** superblock.readUInt32LE(LOG_BLOCK_SIZE);
}

/**
 * Makes the disk of a host that is stopped larger; one that is as large, or larger, stays as it is. Cut short, it goes on the next
 * time: what counts is the file system, not its file.
 *
 * @param bytes that it is to hold
 */
export async function growDisk(image: string, bytes: number): Promise<void> {
  const file = await open(image);
  const { buffer } = await file
    .read(Buffer.alloc(LOG_BLOCK_SIZE + 4), 0, LOG_BLOCK_SIZE + 4, SUPERBLOCK)
    .finally(() => file.close());
  if (fileSystemBytes(buffer) >= bytes) return;
  // Without a look just before, resize2fs refuses.
  await run('e2fsck', ['-f', '-p', image], { timeoutMs: GROW_TIMEOUT_MS }).catch((error: unknown) => {
    // 1: there were errors, and they are corrected.
    if (!(error instanceof CommandError) || Number(error.code) !== 1) throw error;
  });
  await run('resize2fs', [image, `${Math.floor(bytes / 1024)}K`], { timeoutMs: GROW_TIMEOUT_MS });
}
