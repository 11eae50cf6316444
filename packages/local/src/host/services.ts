import { readFileSync } from 'node:fs';
import type { ChildProcess, HostService, ServiceStatus } from '@sbmcrm/cloud';
import { DATA_DIR } from '@sbmcrm/cloud/layout';
import { readHostFile } from './limits/reach.ts';

const STATE_RUN = 1;

/**
 * A service's state as runit's supervisor wrote it: 20 bytes, pid little-endian at 12, state at 19.
 *
 * @see runit's sv.c, function svstatus_get
 */
export function parseSupervision(bytes: Uint8Array): { state: 'up' | 'down'; pid: number | null } {
  if (bytes.length < 20) return { state: 'down', pid: null };
  const pid = new DataView(bytes.buffer, bytes.byteOffset).getUint32(12, true);
  return bytes[19] === STATE_RUN && pid > 0 ? { state: 'up', pid } : { state: 'down', pid: null };
}

/** What is known of a service here. */
type Supervised = Pick<HostService, 'name' | 'child'>;

/**
 * Services of a running host, read through its first process' view of the file system: no process is started inside. What a
 * service starts by itself is listed after them.
 *
 * @param initPid the host's first process on this machine, or null if it is stopped
 */
export function serviceStates(initPid: number | null, services: readonly Supervised[]): ServiceStatus[] {
  const states = services.map(({ name }): ServiceStatus => {
    if (initPid === null) return { name, state: 'down', pid: null };
    try {
      return { name, ...parseSupervision(readHostFile(initPid, '/run', `/service/${name}/supervise/status`)) };
    } catch {
      return { name, state: 'down', pid: null };
    }
  });
  for (const { name, child } of services) if (child) states.push({ ...childState(initPid, child), startedBy: name });
  return states;
}

/**
 * Whether a host that was asked to stop may be switched off. Where a service started another, that one's end is what counts:
 * Patroni gives the lease back with PostgreSQL's end, and then takes seconds to end itself. One whose child did not run may be busy
 * with it, e.g. copying a database, and is waited for.
 *
 * @param before the services when they were asked to stop
 */
export function hasEnded(states: readonly ServiceStatus[], before: readonly ServiceStatus[]): boolean {
  const parents = before.filter((service) => service.state === 'up').map((service) => service.startedBy);
  return states.every((service) => service.state === 'down' || parents.includes(service.name));
}

function childState(initPid: number | null, { name, pidFile, command }: ChildProcess): ServiceStatus {
  const down: ServiceStatus = { name, state: 'down', pid: null };
  if (initPid === null) return down;
  try {
    const pid = Number(readHostFile(initPid, DATA_DIR, pidFile).toString('latin1').split('\n')[0]);
    // The file survives a kill -9, and its pid may be another process by now.
    const running = readFileSync(`/proc/${initPid}/root/proc/${pid}/comm`, 'latin1').trim();
    return running === command ? { name, state: 'up', pid } : down;
  } catch {
    return down;
  }
}
