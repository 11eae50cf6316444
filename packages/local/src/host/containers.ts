import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostState } from '@sbmcrm/cloud';
import { isAlive } from '../machine/process.ts';

/** What runc knows of a container. */
export interface ContainerState {
  id: string;
  pid: number;
  status: 'created' | 'running' | 'paused' | 'stopped';
}

/** The part of runc's `state.json` that is used here. */
interface StateFile {
  id?: string;
  init_process_pid?: number;
  /** In clock ticks since boot. */
  init_process_start?: number;
  /** Mount points of its control group by hierarchy; version 2's under the empty name. */
  cgroup_paths?: Record<string, string>;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/**
 * Whether a control group is frozen: `freezer.state` on version 1, where a half-frozen group says FREEZING; `cgroup.events` on
 * version 2.
 *
 * @see kernel files Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst and cgroup-v2.rst
 */
function isFrozen(paths: Record<string, string>): boolean {
  const { freezer, '': unified } = paths;
  if (freezer !== undefined) return readText(join(freezer, 'freezer.state')).startsWith('FR');
  return unified !== undefined && /^frozen 1$/m.test(readText(join(unified, 'cgroup.events')));
}

/**
 * Every container below runc's root by name, as `runc list` tells, without a process of its own: for those who only look. A
 * container that is just being made or deleted has no state yet, or none any more, and is left out.
 *
 * @see runc's libcontainer/container_linux.go, function currentStatus
 */
export function readContainers(root: string): Map<string, ContainerState> {
  const found = new Map<string, ContainerState>();
  for (const name of existsSync(root) ? readdirSync(root) : []) {
    const text = readText(join(root, name, 'state.json'));
    if (text === '') continue;
    const { id = name, init_process_pid: pid = 0, init_process_start: startTime, cgroup_paths } = parse(text);
    const alive = startTime !== undefined && isAlive({ pid, startTime });
    const status = isFrozen(cgroup_paths ?? {})
      ? 'paused'
      : !alive
        ? 'stopped'
        : existsSync(join(root, name, 'exec.fifo'))
          ? 'created'
          : 'running';
    found.set(id, { id, pid: status === 'stopped' ? 0 : pid, status });
  }
  return found;
}

function parse(text: string): StateFile {
  try {
    return JSON.parse(text) as StateFile;
  } catch {
    return {}; // damaged: nothing that runs can be told of it
  }
}

/** A host's state, by its container and by what was done to it. Pure. */
export function hostState(container: ContainerState | undefined, isIsolated: boolean, isFenced: boolean): HostState {
  if (container?.status === 'paused') return 'paused';
  if (container?.status === 'running') return isIsolated ? 'isolated' : 'running';
  return isFenced ? 'fenced' : 'stopped';
}
