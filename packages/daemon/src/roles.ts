import type { Secrets } from '@sbmcrm/engines';
import type { Roles } from '@sbmcrm/engines/roles';
import type { HostsOfDaemon } from '@sbmcrm/local/daemon';
import { appendEvent } from '@sbmcrm/local/events';
import { readJson, writeJson } from '@sbmcrm/local/files';
import type { StatePaths } from '@sbmcrm/local/state';
import type { NetworkPlan } from '@sbmcrm/topology';

const LOOK_MS = 5000;

/**
 * Keeps in the log of events when a role moves, whoever moved it, and whether anybody watches or is told: alerts may be silenced, and
 * monitoring be off. What was known is on disk: a move while no daemon ran is told by the next one.
 */
export class RoleWatch {
  readonly #paths: StatePaths;
  readonly #hosts: Pick<HostsOfDaemon, 'list'>;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(paths: StatePaths, hosts: Pick<HostsOfDaemon, 'list'>) {
    this.#paths = paths;
    this.#hosts = hosts;
  }

  start(plan: NetworkPlan): void {
    const again = () => {
      if (!this.#isClosed) this.#timer = setTimeout(look, LOOK_MS);
    };
    const look = () =>
      void this.#look(plan.floating.public)
        .catch(() => {})
        .finally(again);
    again();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** @throws Error where hosts cannot be seen, or the disk is full: the next look may be luckier */
  async #look(publicAddress: string): Promise<void> {
    // Later than all else: a daemon is to be up soon.
    const { knownRoles, lookAtRoles, roleChanges } = await import('@sbmcrm/engines/roles');
    const { roles: file } = this.#paths;
    const secrets = readJson<Secrets>(this.#paths.secrets);
    if (!secrets) return;
    const seen = await lookAtRoles(await this.#hosts.list(), publicAddress, secrets);
    if (this.#isClosed) return;
    const before = readJson<Roles>(file) ?? {};
    const known = knownRoles(before, seen);
    if (JSON.stringify(known) === JSON.stringify(before)) return;
    for (const { host, text, by } of roleChanges(before, seen))
      appendEvent(this.#paths, { kind: 'role', host, text, by });
    writeJson(file, known);
  }
}
