import { statSync } from 'node:fs';
import type { DiskRoom, HostStatus } from '@sbmcrm/cloud';
import { certificatesEnd, type HealthAnswer, RedisConnections } from '@sbmcrm/engines';
import { machineConditions, readJson, type StatePaths } from '@sbmcrm/local';
import { withPresent } from '@sbmcrm/topology';
import { observeSilences } from '../alerts/silences.ts';
import { type Platform, retiredOf } from '../opened.ts';
import { readScaling, type ScalingStatus } from '../scaling/capacity.ts';
import { readSecrets } from '../secrets.ts';
import type { CanaryResult } from './canary.ts';
import { runCanary } from './canary-http.ts';
import { CopiesAside } from './copies.ts';
import { Damages } from './damages.ts';
import { Latest } from './latest.ts';
import { Logins } from './logins.ts';
import {
  apiUrl,
  entryAnswers,
  isUp,
  observeAlerts,
  observeAllMembers,
  observeCache,
  observeDatabase,
  observeFull,
  observeHealth,
} from './observe.ts';
import { ServersInside } from './servers.ts';
import { downStatus, type PlatformStatus, summarise } from './summary.ts';
import { WordsOfServices } from './words.ts';

/** How long a look waits for what the database may hold up, if there is a result of the look before. */
const PATIENCE_MS = 1000;

/**
 * Looks at a platform, once or again and again: connections to Redis, the Sentinels and over HTTP are kept between looks, and what
 * broke is opened again. A look begins where the one before has ended.
 *
 * The canary and the servers' own health take up to 2.5 s while the database is away. The first look waits for them; later ones
 * go on after a second with the results of the one before, so that they still see who is what.
 */
export class StatusReader {
  readonly #platform: Platform;
  readonly #redis: RedisConnections;
  readonly #canary: Latest<CanaryResult>;
  readonly #health: Latest<HealthAnswer[]>;
  readonly #scaling: Latest<ScalingStatus | undefined>;
  readonly #copies: CopiesAside;
  readonly #damages: Damages;
  readonly #servers: ServersInside;
  readonly #logins: Logins;
  readonly #words: WordsOfServices;
  #hosts: Promise<HostStatus[]> = Promise.resolve([]);

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#redis = new RedisConnections(() => isUp(platform));
    this.#canary = new Latest(() => runCanary(apiUrl(platform), platform.paths, readSecrets(platform.paths)));
    this.#health = new Latest(() => this.#askServers());
    // Without etcd's quorum nobody can tell.
    this.#scaling = new Latest(() => readScaling(platform).catch(() => undefined));
    this.#copies = new CopiesAside(platform);
    this.#damages = new Damages(platform);
    this.#servers = new ServersInside(platform);
    this.#logins = new Logins(platform);
    this.#words = new WordsOfServices(platform);
  }

  /** Looks at everything at once; takes about a second at most, also when hosts are silent, and the first time up to 2.5 s. */
  async look(): Promise<PlatformStatus> {
    const platform = this.#platform;
    if (!isUp(platform)) return downStatus(platform);
    const secrets = readSecrets(platform.paths);
    let cloudAnswers = true;
    const fromCloud = async <T>(call: Promise<T[]>): Promise<T[]> => {
      try {
        return await call;
      } catch {
        cloudAnswers = false;
        return [];
      }
    };
    this.#hosts = fromCloud(platform.cloud.listHosts());
    const [
      hosts,
      faults,
      backends,
      database,
      cache,
      membersUp,
      membersFull,
      answers,
      alerts,
      silences,
      canary,
      health,
      copies,
      scaling,
    ] = await Promise.all([
      this.#hosts,
      fromCloud(platform.cloud.listFaults()),
      fromCloud(platform.cloud.listBackends()),
      observeDatabase(platform),
      observeCache(platform, secrets, this.#redis.run),
      observeAllMembers(platform),
      observeFull(platform),
      entryAnswers(platform),
      observeAlerts(platform),
      observeSilences(platform),
      this.#canary.get(PATIENCE_MS),
      this.#health.get(PATIENCE_MS),
      this.#copies.get(),
      this.#scaling.get(PATIENCE_MS),
    ]);
    const [damages, servers, logins, words] = await Promise.all([
      this.#damages.get({ hosts, membersUp, database, cache }),
      this.#servers.get(hosts, database, secrets),
      this.#logins.get(database, cache, secrets),
      this.#words.get(hosts),
    ]);
    const kept = { logins, words, certificatesEndMs: certificatesEnd(secrets.tls), rotation: secrets.rotation?.part };
    const machine = machineConditions({ root: platform.paths.root, port: platform.record.port });
    const members = { database, cache, membersUp, membersFull, copies, damages, servers, rooms: this.#rooms(hosts) };
    const seen = {
      ...members,
      ...kept,
      hosts,
      faults,
      backends,
      health,
      canary,
      cloudAnswers,
      machine,
      entryAnswers: answers,
      ...(alerts ? { alerts } : {}),
      ...(silences ? { silences } : {}),
      ...(scaling ? { scaling } : {}),
      ...aliveSince(platform.paths),
      published: readJson<Record<string, number>>(platform.paths.published) ?? {},
    };
    return summarise(this.#with(hosts), seen);
  }

  #rooms(hosts: readonly HostStatus[]): Map<string, DiskRoom> {
    const { access } = this.#platform.cloud;
    const rooms = hosts.map((host) => [host.name, access.room?.(host)] as const);
    return new Map(rooms.filter((each): each is [string, DiskRoom] => each[1] !== undefined));
  }

  /** Of hosts that do not run it is told already, and their silence would cost seconds. */
  async #askServers(): Promise<HealthAnswer[]> {
    const hosts = await this.#hosts;
    const stopped = hosts.filter((host) => host.state !== 'running').map((host) => host.name);
    return observeHealth(this.#with(hosts), new Set(stopped));
  }

  /** The platform with servers that were added while it was watched. */
  #with(hosts: readonly HostStatus[]): Platform {
    const { topology } = this.#platform;
    return {
      ...this.#platform,
      topology: withPresent(
        topology,
        hosts.map(({ name }) => name),
        retiredOf(this.#platform),
      ),
    };
  }

  /** Closes what is kept. */
  close(): void {
    this.#redis.close();
  }
}

/** When alerts were last known to work, or the daemon that hears so began. */
function aliveSince({ alertsAlive, published }: StatePaths): { alertsAliveMs?: number } {
  const began = statSync(published, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const said = Date.parse(readJson<{ at: string }>(alertsAlive)?.at ?? '');
  const last = Math.max(began, Number.isFinite(said) ? said : 0);
  return last > 0 ? { alertsAliveMs: last } : {};
}
