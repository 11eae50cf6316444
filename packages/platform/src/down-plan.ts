import type { HostStatus } from '@sbmcrm/cloud';
import { enginesOf, STOP_WAVES } from '@sbmcrm/engines';

/**
 * One thing that `down` does, in its order.
 *
 * - `stop-hosts`: in good order, all of a wave at once
 * - `disconnect`: the network and the local cloud go; what is left of hosts is ended by force
 * - `delete-state`: all data is gone
 */
export type DownStep =
  | { do: 'stop-hosts'; hosts: { name: string; withinMs: number }[] }
  | { do: 'disconnect' }
  | { do: 'delete-state'; folder: string };

/** For services of another version, which no engine of this one describes. */
const STOP_MS = 500;

/** How long a host's services may take to end in good order, in milliseconds. Pure. */
export function stopTimeoutMs({ services }: Pick<HostStatus, 'services'>): number {
  return Math.max(STOP_MS, ...enginesOf(services).map((engine) => engine.stop.withinMs));
}

/** Hosts in the order of stopping: first what takes requests, last what keeps the data and the quorum. Pure. */
export function stopWaves(hosts: readonly HostStatus[], primary: string | null): string[][] {
  const waveOf = ({ name, services }: HostStatus) => {
    const waves = enginesOf(services).map((engine) => STOP_WAVES.indexOf(engine.stop.wave));
    // Standbys go before their primary: it then ends last with everything, and starts first the next time.
    return Math.max(0, name === primary ? STOP_WAVES.indexOf('data') : 0, ...waves);
  };
  return STOP_WAVES.map((_, wave) => hosts.filter((host) => waveOf(host) === wave).map((host) => host.name)).filter(
    (names) => names.length > 0,
  );
}

/**
 * What `down` does. Pure.
 *
 * @param found.hosts as the cloud lists them; those that do not run need nothing
 * @param found.isOurs false: while this platform was down, another one took its network, whose hosts are none of ours
 * @param found.purge the folder to delete; undefined: data stays
 */
export function planDown(found: {
  hosts: readonly HostStatus[];
  primary: string | null;
  isOurs: boolean;
  purge: string | undefined;
}): DownStep[] {
  const running = found.isOurs ? found.hosts.filter(({ initPid }) => initPid !== null) : [];
  const waves = stopWaves(running, found.primary).map((names): DownStep => {
    const hosts = running.filter(({ name }) => names.includes(name));
    return { do: 'stop-hosts', hosts: hosts.map((host) => ({ name: host.name, withinMs: stopTimeoutMs(host) })) };
  });
  return [
    ...waves,
    ...(found.isOurs ? [{ do: 'disconnect' } as const] : []),
    ...(found.purge === undefined ? [] : [{ do: 'delete-state', folder: found.purge } as const]),
  ];
}

/** A step in words, as the title of what is done. Pure. */
export function downStepText(step: DownStep): string {
  switch (step.do) {
    case 'stop-hosts':
      return `Stop ${step.hosts.map(({ name }) => name).join(', ')}`;
    case 'disconnect':
      return 'Remove network and local cloud';
    case 'delete-state':
      return `Delete ${step.folder}`;
  }
}

/** What `down` would do, for people. Pure. */
export function downPlanText(steps: readonly DownStep[]): string {
  if (steps.length === 0) return 'There is nothing to stop.';
  const isGone = steps.some((step) => step.do === 'delete-state');
  return [
    '`sbmcrm down` would:',
    ...steps.map((step) => `  - ${downStepText(step)}`),
    isGone ? 'All data of the platform would be gone.' : 'Data stays.',
  ].join('\n');
}
