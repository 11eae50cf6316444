import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { ToolError } from '@sbmcrm/errors';

/** Replaces a file in one step: a reader, or a crash, sees the old content or the new, never half of it. */
export function writeFileAtomic(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.new`;
  const fd = openSync(temporary, 'w', mode);
  try {
    writeFileSync(fd, content); // all of it, or an error
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}

/** Writes a value as JSON, see {@link writeFileAtomic}. */
export function writeJson(path: string, value: unknown, mode = 0o644): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`, mode);
}

/**
 * Writes a value as JSON where there is no file yet: it appears whole or not at all, and of several that try at once one succeeds.
 *
 * @returns whether it did
 */
export function createJson(path: string, value: unknown, mode = 0o644): boolean {
  const candidate = `${path}.${process.pid}`;
  writeJson(candidate, value, mode);
  try {
    linkSync(candidate, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(candidate, { force: true });
  }
}

/** Reads a JSON file; `undefined` if there is none. @throws Error naming the file if its content is not JSON */
export function readJson<T>(path: string): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ToolError('STATE_DAMAGED', `${path}: not valid JSON; restore it, or remove it and run \`sbmcrm up\``);
  }
}

/**
 * Bounds a log that processes have open for appending: past `bytes` it is copied aside, and emptied in place, so that they go on
 * writing into it.
 */
export function boundLog(path: string, bytes: number): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) <= bytes) return;
  try {
    copyFileSync(path, `${path}.1`);
  } catch {
    rmSync(`${path}.1`, { force: true }); // no room: what was said is lost, what is said now is not
  }
  truncateSync(path);
}

/** Moves a log aside once it is larger than `bytes`; the one before it is dropped. */
export function rotate(path: string, bytes: number): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > bytes) renameSync(path, `${path}.1`);
}
