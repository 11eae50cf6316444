import { CloudError, type FaultTarget } from '@sbmcrm/cloud';
import { serviceProcesses } from '../host/processes.ts';
import type { FaultTools } from './kind.ts';

export function serviceOf(target: FaultTarget): string | undefined {
  return target.of === 'host' ? target.service : undefined;
}

/**
 * Whether the supervisor restarts a service that ends.
 *
 * @throws CloudError 400 BAD_FAULT for one that another service starts: only that one can hold it
 */
export async function supervise(
  { hosts }: FaultTools,
  host: string,
  service: string,
  want: 'up' | 'down',
): Promise<void> {
  const parent = hosts.definition(host).services.find((each) => each.child?.name === service)?.name;
  if (parent !== undefined) {
    throw new CloudError('BAD_FAULT', `${service} is restarted by ${parent}: \`kill HOST/${service}\` takes no --for`);
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
  const { services } = await hosts.status(host, new Set());
  const found = services.find((each) => each.name === service);
  const hasChild = services.some((each) => each.startedBy === service);
  const processes = found?.pid ? serviceProcesses(hosts.runtime.processes(host), found.pid, hasChild) : [];
  if (processes.length === 0) {
    throw new CloudError('NOT_RUNNING', `service ${host}/${service} is not running`);
  }
  // What another service watches is killed as by the kernel: its main process alone, whose own children notice and end.
  const targets = signal === 'SIGKILL' && found?.startedBy !== undefined ? processes.slice(0, 1) : processes;
  for (const each of targets) {
    try {
      process.kill(each, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
