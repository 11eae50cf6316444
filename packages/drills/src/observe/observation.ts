import { type Platform, type PlatformStatus, platformStatus, readSecrets } from '@sbmcrm/platform';
import { hostsInRole } from '@sbmcrm/topology';
import { createProbeTable, dropProbeTable } from './database.ts';
import { Looks } from './looks.ts';
import { WriteObserver } from './observer.ts';
import { cacheTargets, databaseTargets } from './targets.ts';
import { type Allowed, Watch } from './watch.ts';

/**
 * All that looks at a platform under load. It takes processor time from what it looks at, so the capacity that a drill's rate
 * comes from is measured with the same looks.
 */
export class Observation {
  readonly looks: Looks;
  readonly watch: Watch;
  readonly databases: WriteObserver;
  readonly caches: WriteObserver;
  readonly #platform: Platform;

  private constructor(platform: Platform, before: PlatformStatus, allowed: () => Allowed | undefined) {
    const secrets = readSecrets(platform.paths);
    const { topology } = platform;
    const names = (hosts: { name: string }[]) => hosts.map((host) => host.name);
    const postgres = names(hostsInRole(topology, 'database', 'read-replica'));
    this.#platform = platform;
    this.databases = new WriteObserver(postgres, databaseTargets(secrets), platform.cloud);
    this.caches = new WriteObserver(names(hostsInRole(topology, 'cache')), cacheTargets(secrets), platform.cloud);
    this.looks = new Looks(platform);
    this.watch = new Watch(this.looks, before, allowed);
  }

  /** @param allowed asked after each look; undefined: just now anything is. @throws Error when the primary does not answer */
  static async begin(
    platform: Platform,
    before: PlatformStatus,
    allowed: () => Allowed | undefined,
  ): Promise<Observation> {
    await createProbeTable(platform.cloud, before.database.primary ?? '', readSecrets(platform.paths));
    return new Observation(platform, before, allowed);
  }

  /** Ends all looks; what they saw stays. May be called twice. */
  async stop(): Promise<void> {
    await Promise.all([this.watch.stop(), this.databases.stop(), this.caches.stop()]);
  }

  /** Ends all looks, and leaves nothing on the platform. Never throws. */
  async close(): Promise<void> {
    await this.stop();
    this.looks.close();
    await forgetProbeTable(this.#platform).catch(() => {}); // a table of a few lines: the next one takes it away
  }
}

async function forgetProbeTable(platform: Platform): Promise<void> {
  const { database } = await platformStatus(platform);
  if (!database.primary) return;
  await dropProbeTable(platform.cloud, database.primary, readSecrets(platform.paths));
}
