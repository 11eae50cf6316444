import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Comparison, HostDefinition, HostStatus } from '@sbmcrm/cloud';
import { CODE_DIR } from '@sbmcrm/cloud/layout';
import type { StatePaths } from '../state.ts';
import { localAddresses } from './addresses.ts';
import { type ContainerState, hostState } from './containers.ts';
import { diskFailed, diskGone, existingDisk } from './disk.ts';
import { damagedFiles } from './files.ts';
import { CODE_FOLDERS } from './oci/oci.ts';
import { differLive, digest, HostRecords, isStored, startsOther } from './records.ts';
import type { Runtime } from './runtime.ts';
import { serviceStates } from './services.ts';

/** What there is of a platform's hosts, from its state folder and the kernel. Changes nothing, and needs no daemon. */
export class HostReader {
  readonly #paths: StatePaths;
  readonly #runtime: Runtime;
  readonly #records: HostRecords;
  readonly #codeRoot: string | undefined;

  /** @param codeRoot the project's folder that hosts should see; undefined: whichever they see is right */
  constructor(paths: StatePaths, runtime: Runtime, codeRoot?: string) {
    this.#paths = paths;
    this.#runtime = runtime;
    this.#records = new HostRecords(paths);
    this.#codeRoot = codeRoot;
  }

  /** When a host was started last, in milliseconds since the epoch; null: it never was. */
  startedAtMs(name: string): number | null {
    return this.#records.record(name).startedAtMs ?? null;
  }

  /** See `Hosts.compareHost`. */
  compare(definition: HostDefinition): Comparison {
    const { name, services } = definition;
    const before = this.#records.find(name);
    // Compared with what runs, not with what was defined last: a command may have ended between the two.
    const { applied = {} } = this.#records.record(name);
    const damaged = before ? damagedFiles(before, this.#paths.host(name)) : { services: [], isWhole: true };
    const otherCode = definition.code && this.#seesOtherCode(name);
    const changed = services.filter(
      (each) =>
        applied[each.name] !== undefined &&
        (applied[each.name] !== digest(each) || damaged.services.includes(each.name)) &&
        // It is for code that the host does not see before its next start.
        !(otherCode && each.run.includes(CODE_DIR)),
    );
    return {
      isKnown: before !== undefined,
      isNew: existingDisk(this.#paths.host(name)) === undefined,
      isOther: !isStored(before, definition) || !damaged.isWhole,
      changed: changed.map((each) => each.name),
      reloads: changed
        .filter((each) => each.reload !== undefined || differLive(applied[each.name] ?? '', digest(each)))
        .map((each) => each.name),
      mustRestart: startsOther(
        Object.keys(applied),
        services.map((each) => each.name),
      ),
      ...(otherCode ? { otherCode: true } : {}),
    };
  }

  #seesOtherCode(name: string): boolean {
    const codeRoot = this.#codeRoot;
    const container = this.#runtime.look().get(name);
    if (codeRoot === undefined || container === undefined) return false;
    const root = `/proc/${container.pid}/root${CODE_DIR}`;
    return CODE_FOLDERS.some((part) => !isSame(join(root, part), join(codeRoot, part)));
  }

  /** State of every host. Asked for often: it costs a few small files and no process. @param isolated as a fault has it */
  statuses(isolated: ReadonlySet<string>): HostStatus[] {
    const containers = this.#runtime.look();
    return this.#records.definitions().map(({ name }) => this.status(name, containers.get(name), isolated));
  }

  /** @param container what runs of it. @throws CloudError 404 UNKNOWN_HOST */
  status(name: string, container: ContainerState | undefined, isolated: ReadonlySet<string>): HostStatus {
    const alive = container !== undefined && (container.status === 'running' || container.status === 'paused');
    const initPid = alive ? container.pid : null;
    const { region, zone, address, managementAddress, services } = this.#records.definition(name);
    const { fence } = this.#records.record(name);
    return {
      name,
      region,
      zone,
      address,
      managementAddress,
      addresses: localAddresses(initPid),
      state: hostState(container, isolated.has(name), fence !== undefined),
      ...(fence ? { fence } : {}),
      services: serviceStates(initPid, services),
      diskFailed: diskFailed(initPid),
      ...(initPid !== null && diskGone(this.#paths.host(name)) ? { diskGone: true } : {}),
      initPid,
    };
  }
}

/** Of a checkout that is made anew at the same place hosts see what is left of the one before: nothing. */
function isSame(...paths: [string, string]): boolean {
  try {
    const [x, y] = paths.map((path) => statSync(path));
    return x?.dev === y?.dev && x?.ino === y?.ino;
  } catch {
    return true; // it ends just now
  }
}
