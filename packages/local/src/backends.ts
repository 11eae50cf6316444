import {
  ADMIN_SOCKET,
  API_BACKEND,
  attachCommands,
  detachCommands,
  drainCommands,
  haproxyCommand,
  parseServerStates,
} from '@sbmcrm/engines';
import { type BackendState, type BackendStatus, CloudError } from './cloud.ts';
import type { HostManager } from './host/manager.ts';
import { readJson, writeJson } from './machine/files.ts';
import type { StatePaths } from './state.ts';

interface Attached {
  name: string;
  address: string;
  draining: boolean;
}

const BACKENDS = [API_BACKEND, `${API_BACKEND}-any`];

/**
 * The load balancers' list of API servers. It is kept on disk and told again to a load balancer that has restarted,
 * since HAProxy forgets what it was told at run time.
 */
export class BackendRegistry {
  readonly #hosts: HostManager;
  readonly #paths: StatePaths;
  readonly #port: () => number;
  #attached: Attached[];

  /** @param port where API servers listen */
  constructor(hosts: HostManager, paths: StatePaths, port: () => number) {
    this.#hosts = hosts;
    this.#paths = paths;
    this.#port = port;
    this.#attached = readJson<Attached[]>(paths.backends) ?? [];
  }

  async attach(name: string, address: string): Promise<void> {
    this.#store([...this.#attached.filter((each) => each.name !== name), { name, address, draining: false }]);
    await this.#tellAll(attachCommands(BACKENDS, name, address, this.#port()));
  }

  async drain(name: string): Promise<void> {
    const backend = this.#known(name);
    this.#store(this.#attached.map((each) => (each === backend ? { ...each, draining: true } : each)));
    await this.#tellAll(drainCommands(BACKENDS, name));
  }

  async detach(name: string): Promise<void> {
    this.#known(name);
    this.#store(this.#attached.filter((each) => each.name !== name));
    await this.#tellAll(detachCommands(BACKENDS, name));
  }

  /** Tells one load balancer all that is attached, e.g. after it restarted. */
  async restore(loadBalancer: string): Promise<void> {
    const commands = this.#attached.flatMap((each) => [
      ...attachCommands(BACKENDS, each.name, each.address, this.#port()),
      ...(each.draining ? drainCommands(BACKENDS, each.name) : []),
    ]);
    await this.#tell(loadBalancer, commands);
  }

  async list(): Promise<BackendStatus[]> {
    const seen = new Map<string, Record<string, BackendState>>();
    await Promise.all(
      (await this.#loadBalancers()).map(async ({ name: balancer, socket }) => {
        try {
          const servers = parseServerStates(await haproxyCommand(socket, ['show stat']), API_BACKEND);
          for (const { name, state } of servers) {
            if (state !== 'disabled') seen.set(name, { ...seen.get(name), [balancer]: state });
          }
        } catch {
          // a load balancer that does not answer has no view
        }
      }),
    );
    return this.#attached.map(({ name, draining }) => {
      const seenBy = seen.get(name) ?? {};
      const views = Object.values(seenBy);
      const healthy = views.length > 0 && views.every((view) => view === 'healthy');
      const anyDraining = draining || views.includes('draining');
      return { name, state: anyDraining ? 'draining' : healthy ? 'healthy' : 'unhealthy', seenBy };
    });
  }

  #known(name: string): Attached {
    const backend = this.#attached.find((each) => each.name === name);
    if (!backend) throw new CloudError(404, 'UNKNOWN_BACKEND', `no backend is called "${name}"`);
    return backend;
  }

  #store(attached: Attached[]): void {
    this.#attached = attached;
    writeJson(this.#paths.backends, attached);
  }

  async #loadBalancers(): Promise<{ name: string; socket: string }[]> {
    const statuses = await this.#hosts.statuses(new Set());
    return statuses
      .filter(
        (host) =>
          host.state === 'running' && host.services.some((each) => each.name === 'haproxy' && each.state === 'up'),
      )
      .map((host) => ({ name: host.name, socket: `/proc/${host.initPid}/root${ADMIN_SOCKET}` }));
  }

  async #tellAll(commands: string[]): Promise<void> {
    await Promise.all((await this.#loadBalancers()).map(({ name }) => this.#tell(name, commands)));
  }

  async #tell(loadBalancer: string, commands: string[]): Promise<void> {
    const target = (await this.#loadBalancers()).find(({ name }) => name === loadBalancer);
    if (!target || commands.length === 0) return;
    // HAProxy takes one line of 16 KB; a line for each command keeps errors apart.
    for (const command of commands) await haproxyCommand(target.socket, [command]);
  }
}
