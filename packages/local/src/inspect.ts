import { type Cloud, type Fault, type HostDefinition, touchedHosts } from '@sbmcrm/cloud';
import { planNetwork } from '@sbmcrm/topology';
import { FAULT_KINDS, faultKind } from './faults/registry.ts';
import { readFromDisk } from './host/disk.ts';
import { HostReader } from './host/reader.ts';
import { Runtime } from './host/runtime.ts';
import type { Image } from './image.ts';
import { readJson } from './machine/files.ts';
import { type PlatformRecord, type StatePaths, storedHosts } from './state.ts';

/** The part of a cloud that only looks. */
export type CloudView = Pick<Cloud, 'listHosts' | 'listFaults' | 'compareHost' | 'kinds' | 'access'>;

/**
 * What the cloud of a platform would say of it, read from its state folder and the kernel: also while its daemon does not run.
 *
 * @param image undefined: there is none any more, and no disk can be read
 * @param codeRoot the project's folder; undefined: nobody asks whether hosts see it
 */
export function inspectCloud(
  paths: StatePaths,
  { network }: Pick<PlatformRecord, 'network'>,
  image: Image | undefined,
  codeRoot?: string,
): CloudView {
  const reader = new HostReader(paths, new Runtime(planNetwork(network)), codeRoot);
  const faults = () =>
    (readJson<Fault[]>(paths.faults) ?? []).filter(
      ({ kind, until }) => kind in FAULT_KINDS && !(until !== undefined && Date.parse(until) <= Date.now()),
    );
  const isolated = () => {
    const placed = reader.statuses(new Set());
    const isolations = faults().filter(({ kind }) => faultKind(kind).isolates);
    return new Set(isolations.flatMap((fault) => touchedHosts(FAULT_KINDS, fault, placed)));
  };
  return {
    kinds: FAULT_KINDS,
    listHosts: async () => reader.statuses(isolated()),
    listFaults: async () => faults(),
    compareHost: async (definition) => {
      // As it is stored: definitions go over the wire, which puts their keys in its own order. Loaded here alone: it is large.
      const { hostDefinitionSchema } = await import('@sbmcrm/cloud/schema');
      return reader.compare(hostDefinitionSchema.parse(definition) as HostDefinition);
    },
    access: {
      readDisk: async (host, path) => {
        if (!image || !storedHosts(paths).includes(host)) return null;
        return (await readFromDisk(paths.host(host), image.root, path)) ?? null;
      },
    },
  };
}
