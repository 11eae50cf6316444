import { probeHttp } from '@sbmcrm/http';
import { type Host, PORTS } from '@sbmcrm/topology';
import type { Secrets } from '../../common/context.ts';
import { patchDynamicConfig, readDynamicConfig } from '../operate.ts';

/** Patroni keeps keys that it does not know, and looks at none of them. */
export const MAINTENANCE_KEY = 'maintenance_until';

/** Nobody takes over from a primary that fails. */
export interface Maintenance {
  /** When it ends by itself, in milliseconds since the epoch; null: somebody paused Patroni by hand. */
  untilMs: number | null;
}

/** What Patroni's cluster-wide configuration says of it; undefined: there is none. Pure. */
function maintenanceIn(config: unknown): Maintenance | undefined {
  const { pause, [MAINTENANCE_KEY]: until } = (config ?? {}) as { pause?: unknown; [MAINTENANCE_KEY]?: unknown };
  if (pause !== true) return undefined;
  return { untilMs: typeof until === 'number' ? until : null };
}

/** @returns undefined: there is none, or no Patroni answers */
export async function readMaintenance(hosts: readonly Host[]): Promise<Maintenance | undefined> {
  return maintenanceIn(await readDynamicConfig(hosts));
}

/** Begins one, or gives it another end. @throws Error with Patroni's reason */
export function beginMaintenance(hosts: readonly Host[], secrets: Secrets, untilMs: number): Promise<void> {
  return patchDynamicConfig(hosts, secrets, { pause: true, [MAINTENANCE_KEY]: untilMs });
}

/** Ends it. Where there is none it does nothing. @throws Error with Patroni's reason */
export function endMaintenance(hosts: readonly Host[], secrets: Secrets): Promise<void> {
  return patchDynamicConfig(hosts, secrets, END_MAINTENANCE);
}

/** What ends it, as a patch of that configuration. */
export const END_MAINTENANCE = { pause: null, [MAINTENANCE_KEY]: null };

/** Patronis that have not taken over yet that there is a maintenance, or that there is none. Those that do not answer are left out. */
export async function behindMaintenance(hosts: readonly Host[], isOn: boolean): Promise<string[]> {
  const answers = await Promise.all(
    hosts.map(async ({ name, address }) => {
      const answer = await probeHttp(`http://${address}:${PORTS.patroni}/patroni`);
      if (!answer) return [];
      const { pause = false } = (answer.json ?? {}) as { pause?: boolean };
      return pause === isOn ? [] : [name];
    }),
  );
  return answers.flat();
}
