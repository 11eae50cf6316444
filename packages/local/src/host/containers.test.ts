import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownIdentity } from '../machine/process.ts';
import { readContainers } from './containers.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sbmcrm-runc-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const own = ownIdentity();

/** A container whose first process is this one, frozen or not. */
function container(
  id: string,
  change: { start?: number; pid?: number; freezer?: string; events?: string; fifo?: boolean; text?: string } = {},
): void {
  // Its control group's files lie beside what runc keeps.
  const folder = join(root, id);
  mkdirSync(folder);
  if (change.events !== undefined) writeFileSync(join(folder, 'cgroup.events'), change.events);
  if (change.freezer !== undefined) writeFileSync(join(folder, 'freezer.state'), change.freezer);
  const state = {
    id,
    init_process_pid: change.pid ?? own.pid,
    init_process_start: change.start ?? own.startTime,
    cgroup_paths: { '': folder, ...(change.freezer === undefined ? {} : { freezer: folder }) },
  };
  writeFileSync(join(folder, 'state.json'), change.text ?? JSON.stringify(state));
  if (change.fifo) writeFileSync(join(folder, 'exec.fifo'), '');
}

const status = (id: string) => readContainers(root).get(id)?.status;

describe('what runc keeps of containers', () => {
  it.each<[string, Parameters<typeof container>[1], string]>([
    ['running', {}, 'running'],
    ['frozen, version 1', { freezer: 'FROZEN\n' }, 'paused'],
    ['being frozen', { freezer: 'FREEZING\n' }, 'paused'],
    ['thawed, version 1', { freezer: 'THAWED\n' }, 'running'],
    ['frozen, version 2', { events: 'populated 1\nfrozen 1\n' }, 'paused'],
    ['thawed, version 2', { events: 'populated 1\nfrozen 0\n' }, 'running'],
    ['dead, and its number is another process’s now', { start: own.startTime - 1 }, 'stopped'],
    ['dead', { pid: 2 ** 22 + 1 }, 'stopped'],
    ['made, and not begun', { fifo: true }, 'created'],
    ['damaged', { text: '{' }, 'stopped'],
  ])('%s', (_what, change, expected) => {
    container('redis-a', change);
    expect(status('redis-a')).toBe(expected);
  });

  it('names the first process of those that live', () => {
    container('redis-a');
    container('redis-b', { start: own.startTime - 1 });
    expect([...readContainers(root).values()].map(({ id, pid }) => [id, pid])).toEqual([
      ['redis-a', own.pid],
      ['redis-b', 0],
    ]);
  });

  it('leaves out what is being made or deleted, and is empty without a folder', () => {
    mkdirSync(join(root, 'redis-a'));
    expect(readContainers(root).size).toBe(0);
    expect(readContainers(join(root, 'nowhere')).size).toBe(0);
  });
});
