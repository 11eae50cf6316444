import { CloudError, type Fault } from '../cloud.ts';
import type { HostManager } from '../host/manager.ts';
import { serviceProcesses } from '../host/processes.ts';
import { parseTarget, touchedHosts } from './target.ts';

/** Faults of hosts' processes: stop, pause and kill. They end with the processes. */
export class ProcessFaults {
  readonly #hosts: HostManager;
  constructor(hosts: HostManager) {
    this.#hosts = hosts;
  }

  /**
   * The hosts that a stop or pause of a zone hits: those that are down (or frozen) already are not its doing, and are not
   * brought back by its end.
   *
   * @throws CloudError 409 NOT_RUNNING if there is none
   */
  async victims(kind: 'stop' | 'pause', zone: string): Promise<string[]> {
    const statuses = await this.#hosts.statuses(new Set());
    const hit = statuses.filter(
      (host) => host.zone === zone && (kind === 'stop' ? host.initPid !== null : host.state === 'running'),
    );
    if (hit.length === 0) throw new CloudError(409, 'NOT_RUNNING', `no host of zone ${zone} is running`);
    return hit.map((host) => host.name);
  }

  async apply(fault: Fault): Promise<void> {
    const target = parseTarget(fault);
    const hosts = touchedHosts(fault, []);
    if (fault.kind === 'stop') return this.#hosts.powerOff(hosts);
    if (target.of !== 'host' || target.service === undefined) return all(hosts, (host) => this.#pause(host));
    const { host, service } = target;
    if (fault.kind === 'pause') return this.#signal(host, service, 'SIGSTOP');
    if (fault.forMs !== undefined) await this.#supervise(host, service, 'down');
    return this.#signal(host, service, 'SIGKILL');
  }

  /** @param rest the other faults: a host that one of them holds in the same way stays as it is */
  async revert(fault: Fault, rest: readonly Fault[]): Promise<void> {
    const target = parseTarget(fault);
    const service = target.of === 'host' ? target.service : undefined;
    const isHeld = (host: string) =>
      rest.some((other) => {
        const otherTarget = parseTarget(other);
        const otherService = otherTarget.of === 'host' ? otherTarget.service : undefined;
        return other.kind === fault.kind && otherService === service && touchedHosts(other, []).includes(host);
      });
    const hosts = touchedHosts(fault, []).filter((host) => !isHeld(host));
    await all(hosts, (host) => (fault.kind === 'stop' ? this.#hosts.start(host) : this.#mend(fault, host, service)));
  }

  async #mend({ kind }: Fault, host: string, service: string | undefined): Promise<void> {
    const status = await this.#hosts.status(host, new Set());
    if (status.initPid === null) return; // it went with its host
    if (service === undefined) {
      if (status.state === 'paused') await this.#hosts.exclusively(host, () => this.#hosts.runtime.resume(host));
    } else if (kind === 'kill') {
      await this.#supervise(host, service, 'up');
    } else if (status.services.some((each) => each.name === service && each.state === 'up')) {
      await this.#signal(host, service, 'SIGCONT');
    }
  }

  #pause(host: string): Promise<void> {
    return this.#hosts.exclusively(host, () => this.#hosts.runtime.pause(host));
  }

  /** Whether the supervisor restarts a service that ends. PostgreSQL is Patroni's to restart: only Patroni can hold it. */
  async #supervise(host: string, service: string, want: 'up' | 'down'): Promise<void> {
    if (service === 'postgres') {
      throw new CloudError(400, 'BAD_FAULT', 'postgres is restarted by Patroni: `kill HOST/postgres` takes no --for');
    }
    // `once` leaves the running process alone and does not start it again: what keeps it down after the kill.
    await this.#hosts.runtime.exec(host, ['sv', want === 'up' ? 'up' : 'once', `/run/service/${service}`]);
  }

  async #signal(host: string, service: string, signal: NodeJS.Signals): Promise<void> {
    const status = await this.#hosts.status(host, new Set());
    const pid = status.services.find((each) => each.name === service)?.pid;
    const processes = pid ? serviceProcesses(this.#hosts.runtime.processes(host), service, pid) : [];
    if (processes.length === 0) {
      throw new CloudError(409, 'NOT_RUNNING', `service ${host}/${service} is not running`);
    }
    // PostgreSQL: the postmaster alone is killed, as by the kernel; its children notice and end.
    const targets = signal === 'SIGKILL' && service === 'postgres' ? processes.slice(0, 1) : processes;
    for (const each of targets) {
      try {
        process.kill(each, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }
}

/** Does something to hosts at once; one that fails keeps none of the others from it. */
async function all(hosts: readonly string[], action: (host: string) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(hosts.map(action));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
