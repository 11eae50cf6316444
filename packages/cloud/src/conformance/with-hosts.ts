import { clearListed } from '../faults/clear.ts';
import type { ProviderUnderTest } from './provider.ts';

/** Zones of the suite's hosts, by name. */
const ZONES: Record<string, string> = { 'conform-a': 'a', 'conform-b': 'b' };

/** Runs a check with these hosts running, and takes away what it made. */
export async function withHosts(
  provider: ProviderUnderTest,
  hosts: readonly string[],
  check: () => Promise<void>,
): Promise<void> {
  const { cloud } = provider;
  try {
    for (const host of hosts) {
      await cloud.createHost(provider.define(host, ZONES[host] ?? 'a'));
      await cloud.startHost(host);
    }
    await check();
  } finally {
    const faults = (await cloud.listFaults()).filter(({ target }) => target.startsWith('conform-'));
    await clearListed(
      cloud,
      faults.map(({ id }) => id),
    );
    for (const { name } of await cloud.listHosts()) if (name in ZONES) await cloud.deleteHost(name);
    for (const { name } of await cloud.listBackends()) if (name in ZONES) await cloud.detachBackend(name);
  }
}
