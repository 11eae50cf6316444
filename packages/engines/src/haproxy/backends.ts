import { type BackendState, type BackendStatus, CloudError, type HostStatus } from '@sbmcrm/cloud';
import { ADMIN_SOCKET, API_BACKEND } from './config.ts';
import {
  attachCommands,
  detachCommands,
  drainCommands,
  haproxyCommand,
  joinCommands,
  LOAD_BALANCER,
} from './operate.ts';
import { parseServerStates, type ServerState } from './probe.ts';

export interface Attached {
  name: string;
  address: string;
  port: number;
  draining: boolean;
}

/** What the list needs of whoever has the hosts. */
export interface BackendHosts {
  /** Every host that there is. */
  list(): Promise<HostStatus[]>;
  /**
   * Calls with the path of a running host's Unix socket as this process reaches it.
   *
   * @param path inside the host
   * @throws Error if there is none
   */
  withSocket<T>(host: HostStatus, path: string, call: (socket: string) => Promise<T>): Promise<T>;
}

/** Where the list is kept. */
export interface BackendStore {
  load(): Attached[] | undefined;
  save(attached: readonly Attached[]): void;
}

const BACKENDS = [API_BACKEND, `${API_BACKEND}-any`];
/** A restarted load balancer knows only its file until it is told again. */
const RECONCILE_INTERVAL_MS = 2000;

/**
 * What to tell a load balancer that has just restarted, so that its servers are those that are attached: pure. Later on a
 * disabled server may be one that drains by its own word.
 */
export function reconcileCommands(attached: readonly Attached[], servers: readonly ServerState[]): string[] {
  return servers.flatMap(({ name, state }) => {
    const wanted = attached.find((each) => each.name === name);
    if (!wanted) return state === 'disabled' ? [] : detachCommands(BACKENDS, name);
    const attach = state === 'disabled' ? attachCommands(BACKENDS, name, wanted.address, wanted.port) : [];
    const drain = wanted.draining && state !== 'draining' ? drainCommands(BACKENDS, name) : [];
    return [...attach, ...drain];
  });
}

/**
 * The load balancers' list of API servers. It is kept on disk, and every load balancer is held to it: HAProxy forgets at a
 * restart what it was told at run time.
 */
export class BackendRegistry {
  readonly #hosts: BackendHosts;
  readonly #store: BackendStore;
  #attached: Attached[];
  #timer: NodeJS.Timeout | undefined;
  /** The HAProxy process that was told everything, by load balancer. */
  readonly #told = new Map<string, string>();

  constructor(hosts: BackendHosts, store: BackendStore) {
    this.#hosts = hosts;
    this.#store = store;
    this.#attached = store.load() ?? [];
  }

  /** Holds load balancers to the list from now on. */
  start(): void {
    const round = async () => {
      await this.#reconcile().catch(() => {}); // the list of hosts could not be had: the next round tries again
      this.#timer = setTimeout(round, RECONCILE_INTERVAL_MS);
    };
    void round();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async attach(name: string, address: string, port: number): Promise<void> {
    this.#keep([...this.#attached.filter((each) => each.name !== name), { name, address, port, draining: false }]);
    await this.#tellAll(attachCommands(BACKENDS, name, address, port));
  }

  /** Like `attach`, of one that starts: it gets requests once it says that it takes them. */
  async join(name: string, address: string, port: number): Promise<void> {
    this.#keep([...this.#attached.filter((each) => each.name !== name), { name, address, port, draining: false }]);
    await this.#tellAll(joinCommands(BACKENDS, name, address, port));
  }

  async drain(name: string): Promise<void> {
    const backend = this.#known(name);
    this.#keep(this.#attached.map((each) => (each === backend ? { ...each, draining: true } : each)));
    await this.#tellAll(drainCommands(BACKENDS, name));
  }

  async detach(name: string): Promise<void> {
    this.#known(name);
    await this.forget(name);
  }

  /** Like `detach`, also when there is no such backend. */
  async forget(name: string): Promise<void> {
    if (!this.#attached.some((each) => each.name === name)) return;
    this.#keep(this.#attached.filter((each) => each.name !== name));
    await this.#tellAll(detachCommands(BACKENDS, name));
  }

  async list(): Promise<BackendStatus[]> {
    const seen = new Map<string, Record<string, BackendState>>();
    await Promise.all(
      (await this.#loadBalancers()).map(async (host) => {
        const { name: balancer } = host;
        const servers = await this.#servers(host).catch(() => []); // one that does not answer has no view
        for (const { name, state } of servers) {
          // An attached server is out of rotation when it says so itself, while it ends.
          seen.set(name, { ...seen.get(name), [balancer]: state === 'disabled' ? 'draining' : state });
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
    if (!backend) throw new CloudError('UNKNOWN_BACKEND', `no backend is called "${name}"`);
    return backend;
  }

  #keep(attached: Attached[]): void {
    this.#attached = attached;
    this.#store.save(attached);
  }

  async #servers(host: HostStatus): Promise<ServerState[]> {
    return parseServerStates(await this.#command(host, 'show stat'), API_BACKEND);
  }

  async #loadBalancers(): Promise<HostStatus[]> {
    return (await this.#hosts.list())
      .filter((host) => host.state === 'running')
      .filter((host) => host.services.some((each) => each.name === LOAD_BALANCER && each.state === 'up'));
  }

  async #reconcile(): Promise<void> {
    for (const host of await this.#loadBalancers()) {
      const { name, initPid } = host;
      try {
        const info = await this.#command(host, 'show info');
        // Process numbers begin anew with a host, whose first process has one of this machine.
        const process = `${initPid} ${/^Pid: (\d+)/m.exec(info)?.[1]}`;
        if (this.#told.get(name) === process) continue;
        await this.#tell(host, reconcileCommands(this.#attached, await this.#servers(host)));
        this.#told.set(name, process);
      } catch {
        // hangs, or is just starting: the next round tries again
      }
    }
  }

  /** A load balancer that does not take it now is told everything by the next reconciliation that reaches it. */
  async #tellAll(commands: string[]): Promise<void> {
    const reached = new Set<string>();
    await Promise.all(
      (await this.#loadBalancers()).map((host) =>
        this.#tell(host, commands).then(
          () => reached.add(host.name),
          () => {},
        ),
      ),
    );
    for (const name of this.#told.keys()) if (!reached.has(name)) this.#told.delete(name);
  }

  /** HAProxy takes one line of 16 KB; a line for each command keeps errors apart. */
  async #tell(host: HostStatus, commands: readonly string[]): Promise<void> {
    for (const each of commands) await this.#command(host, each);
  }

  #command(host: HostStatus, text: string): Promise<string> {
    return this.#hosts.withSocket(host, ADMIN_SOCKET, (socket) => haproxyCommand(socket, [text]));
  }
}
