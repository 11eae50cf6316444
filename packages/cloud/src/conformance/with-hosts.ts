import { clearListed } from '../faults/clear.ts';
import { isOf } from './expect.ts';
import type { ProviderUnderTest } from './provider.ts';

/** The hosts of a rule: one in each zone, and one that there is not. */
export interface Names {
  a: string;
  b: string;
  nobody: string;
}

/** Runs a check with these hosts running, and takes away what it made. */
export async function withHosts(
  provider: ProviderUnderTest,
  hosts: readonly ('a' | 'b')[],
  check: (names: Names) => Promise<void>,
): Promise<void> {
  const { cloud, prefix } = provider;
  const names: Names = { a: `${prefix}-a`, b: `${prefix}-b`, nobody: `${prefix}-x` };
  const own = [names.a, names.b];
  try {
    for (const zone of hosts) {
      await cloud.createHost(provider.define(names[zone], zone));
      await cloud.startHost(names[zone]);
    }
    await check(names);
  } finally {
    const faults = (await cloud.listFaults()).filter((fault) => isOf(own, fault));
    await clearListed(
      cloud,
      faults.map(({ id }) => id),
    );
    for (const { name } of await cloud.listHosts()) if (own.includes(name)) await cloud.deleteHost(name);
    for (const { name } of await cloud.listBackends()) if (own.includes(name)) await cloud.detachBackend(name);
  }
}
