import { readFileSync } from 'node:fs';
import type { ServiceStatus } from '../cloud.ts';
import { readHostFile } from './reach.ts';

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

/** PostgreSQL's postmaster.pid, below /data: the pid is its first line. */
const POSTMASTER_PID = '/postgres/main/postmaster.pid';

/**
 * Services of a running host, read through its first process' view of the file system: no process is started inside.
 * PostgreSQL, which Patroni starts, is listed beside it.
 *
 * @param initPid the host's first process on this machine, or null if it is stopped
 */
export function serviceStates(initPid: number | null, services: readonly string[]): ServiceStatus[] {
  const states = services.map((name): ServiceStatus => {
    if (initPid === null) return { name, state: 'down', pid: null };
    try {
      return { name, ...parseSupervision(readHostFile(initPid, '/run', `/service/${name}/supervise/status`)) };
    } catch {
      return { name, state: 'down', pid: null };
    }
  });
  if (services.includes('patroni')) states.push(postgresState(initPid));
  return states;
}

/**
 * Whether a host that was asked to stop may be switched off. PostgreSQL's end is what counts of a database that ran: Patroni gives
 * the lease back with it, and then takes seconds to end itself. One that did not run is Patroni's to tidy up: it may be copying.
 *
 * @param before the services when they were asked to stop
 */
export function hasEnded(states: readonly ServiceStatus[], before: readonly ServiceStatus[]): boolean {
  const databaseRan = before.some((service) => service.name === 'postgres' && service.state === 'up');
  return states.every((service) => service.state === 'down' || (databaseRan && service.name === 'patroni'));
}

function postgresState(initPid: number | null): ServiceStatus {
  const down: ServiceStatus = { name: 'postgres', state: 'down', pid: null };
  if (initPid === null) return down;
  try {
    const pid = Number(readHostFile(initPid, '/data', POSTMASTER_PID).toString('latin1').split('\n')[0]);
    // The file survives a kill -9, and its pid may be another process by now.
    const command = readFileSync(`/proc/${initPid}/root/proc/${pid}/comm`, 'latin1').trim();
    return command === 'postgres' ? { name: 'postgres', state: 'up', pid } : down;
  } catch {
    return down;
  }
}
