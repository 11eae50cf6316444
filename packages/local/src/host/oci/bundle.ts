import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostDefinition } from '@sbmcrm/cloud';
import type { NetworkPlan } from '@sbmcrm/topology';
import type { Image } from '../../image.ts';
import type { HostPaths } from '../../state.ts';
import type { DiskKind } from '../disk.ts';
import { limitsSwap } from '../runtime.ts';
import { connectScript, diskScript, ociConfig } from './oci.ts';

/** Where what a host is started from comes from. */
export interface BundleSources {
  plan: NetworkPlan;
  paths: HostPaths;
  image: Image;
  codeRoot: string;
  /** What the host has for a disk. */
  disk: DiskKind;
}

/** Writes what the container runtime starts a host from. @param folder the bundle's */
export function writeBundle(folder: string, definition: HostDefinition, sources: BundleSources): void {
  const { plan, paths, image, codeRoot, disk } = sources;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const setting = {
    plan,
    paths,
    imageRoot: image.root,
    codeRoot,
    bundle: folder,
    disk,
    seccomp: image.seccomp,
    programs: image.programs,
    limitsSwap: limitsSwap(),
    ipv6: existsSync('/proc/sys/net/ipv6'),
    hasRtoMin: existsSync('/proc/sys/net/ipv4/tcp_rto_min_us'),
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(ociConfig(definition, setting)));
  if (disk === 'image') writeFileSync(join(folder, 'disk.sh'), diskScript(paths.disk, image.root));
  writeFileSync(join(folder, 'connect.sh'), connectScript(definition, plan));
}
