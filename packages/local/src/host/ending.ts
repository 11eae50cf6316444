import type { HostService } from '@sbmcrm/cloud';
import { waitUntil } from '../machine/process.ts';
import type { Runtime } from './runtime.ts';
import { hasEnded, serviceStates } from './services.ts';

/** How often it is looked whether a service has ended. */
const LOOK_MS = 25;

/** Asks services of a running host to end, all at once, and waits until they have. @param timeoutMs how long */
export async function endTogether(
  runtime: Runtime,
  host: { name: string; pid: number },
  services: readonly HostService[],
  timeoutMs: number,
): Promise<void> {
  const before = serviceStates(host.pid, services);
  const folders = services.map((service) => `/run/service/${service.name}`);
  // "down" asks every service to end and does not wait; a host whose init is gone has nothing to ask.
  await runtime.exec(host.name, ['sv', 'down', ...folders]).catch(() => {});
  await waitUntil(() => hasEnded(serviceStates(host.pid, services), before), timeoutMs, LOOK_MS);
}

/** The same one after the other, those that were defined last first: they need the others to end what they are at. */
export async function endInTurn(
  runtime: Runtime,
  host: { name: string; pid: number },
  services: readonly HostService[],
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (const service of [...services].reverse())
    await endTogether(runtime, host, [service], Math.max(0, deadline - performance.now()));
}
