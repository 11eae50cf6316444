import { CloudError } from '../cloud.ts';
import { serviceProcesses } from '../host/processes.ts';
import type { FaultTarget, FaultTools } from './kind.ts';

export function serviceOf(target: FaultTarget): string | undefined {
  return target.of === 'host' ? target.service : undefined;
}

/** Whether the supervisor restarts a service that ends. PostgreSQL is Patroni's to restart: only Patroni can hold it. */
export async function supervise(
  { hosts }: FaultTools,
  host: string,
  service: string,
  want: 'up' | 'down',
): Promise<void> {
  if (service === 'postgres') {
    throw new CloudError(400, 'BAD_FAULT', 'postgres is restarted by Patroni: `kill HOST/postgres` takes no --for');
  }
  // `once` leaves the running process alone and does not start it again: what keeps it down after the kill.
  await hosts.runtime.exec(host, ['sv', want === 'up' ? 'up' : 'once', `/run/service/${service}`]);
}

/** Sends a signal to all processes of a service. @throws CloudError 409 NOT_RUNNING */
export async function signalService(
  { hosts }: FaultTools,
  host: string,
  service: string,
  signal: NodeJS.Signals,
): Promise<void> {
  const status = await hosts.status(host, new Set());
  const pid = status.services.find((each) => each.name === service)?.pid;
  const processes = pid ? serviceProcesses(hosts.runtime.processes(host), service, pid) : [];
  if (processes.length === 0) {
    throw new CloudError(409, 'NOT_RUNNING', `service ${host}/${service} is not running`);
  }
  // PostgreSQL: the postmaster alone is killed, as by the kernel; its children notice and end.
  const targets = signal === 'SIGKILL' && service === 'postgres' ? processes.slice(0, 1) : processes;
  for (const each of targets) {
    try {
      process.kill(each, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
