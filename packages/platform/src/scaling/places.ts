import { etcdClient, type Secrets, scalingKeys } from '@sbmcrm/engines';
import { settleAll } from '@sbmcrm/errors';
import { apiHost, type Topology } from '@sbmcrm/topology';
import { hostDefinition } from '../definitions.ts';
import type { Platform } from '../opened.ts';
import { tokensOf } from '../up/find.ts';

/**
 * Tells the cloud of every place that an API server may be in, so that the controller can fill it: it has no secrets of its own. None
 * where instances do not come and go.
 */
export async function keepFleet(
  { cloud, spec, topology, paths }: Pick<Platform, 'cloud' | 'spec' | 'topology' | 'paths'>,
  secrets: Secrets,
): Promise<void> {
  const { fleet } = cloud;
  if (!fleet) return;
  const slots = spec.application.autoScaling.enabled ? topology.apiSlots : [];
  const { places } = await fleet.list();
  const gone = places.filter(({ name }) => !slots.some((slot) => slot.name === name));
  await settleAll(gone, ({ name }) => fleet.undefine(name));
  if (slots.length === 0 && gone.length > 0) {
    // Nobody goes any more, and who was about to go stays.
    await settleAll(
      gone.filter(({ state, backend }) => state === 'running' && backend?.state === 'draining'),
      ({ name, address }) => cloud.attachBackend(name, address, spec.application.port),
    );
    await forget(topology, secrets);
  }
  await settleAll(slots, (slot) => {
    const host = apiHost(topology, slot, topology.apiSize);
    const definition = hostDefinition({ spec, topology, host, secrets, ...tokensOf(paths) });
    return fleet.define({ host: definition, port: spec.application.port });
  });
}

/** Nothing is wanted any more: one day it is the spec's word again, and nobody's from before. */
async function forget(topology: Topology, secrets: Secrets): Promise<void> {
  const etcd = etcdClient(topology, secrets);
  try {
    for (const key of Object.values(scalingKeys(topology))) await etcd.delete(key);
  } catch {
    // Without a quorum it stays, until the spec says something else.
  } finally {
    etcd.close();
  }
}
