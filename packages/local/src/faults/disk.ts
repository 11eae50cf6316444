import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { CloudError, type Fault } from '../cloud.ts';
import type { HostManager } from '../host/manager.ts';
import type { StatePaths } from '../state.ts';

/** Takes all the room on a disk: reserved for a file that nobody writes, so that it costs the machine nothing. */
const FILL = `
set -eu
file=/data/.ballast
[ ! -L "$file" ] && [ ! -d "$file" ] || rm -rf "$file"
: >> "$file"
chmod 600 "$file"
while :; do
  size=$(stat -c %s "$file")
  step=$(($(stat -f -c '%a * %S' /data)))
  # All that is free may not be had in one piece.
  while [ "$step" -ge 4096 ]; do
    if fallocate -o "$size" -l "$step" "$file" 2>&1; then break; fi
    step=$((step / 2))
  done
  [ "$step" -ge 4096 ] || break
done
`;
const EMPTY = 'rm -rf /data/.ballast';

/**
 * The fault of a full disk. The ballast is on the disk, so that it survives a restart of the host. A note beside the disk
 * says that it is there: also where the list of faults was lost, it is found and taken away.
 */
export class DiskFaults {
  readonly #hosts: HostManager;
  readonly #paths: StatePaths;
  constructor(hosts: HostManager, paths: StatePaths) {
    this.#hosts = hosts;
    this.#paths = paths;
  }

  /** @throws CloudError 409 NO_DISK for a host that shares the machine's disk */
  async assertOwnDisk(host: string): Promise<void> {
    const { kind, refusal } = await this.#hosts.disk(host);
    if (kind === 'image') return;
    throw new CloudError(
      409,
      'NO_DISK',
      refusal
        ? `host ${host} has no disk of its own, filling it would fill this machine's: loop devices do not work here (${refusal})`
        : `host ${host} has no disk of its own, filling it would fill this machine's: it is from before hosts had one — run \`sbmcrm down --purge\`, then \`sbmcrm up\``,
    );
  }

  async apply({ target }: Fault): Promise<void> {
    writeFileSync(this.#paths.host(target).ballast, '');
    await this.#hosts.onDisk(target, FILL);
  }

  /** @param rest the other faults: one of them may fill the same disk */
  async revert({ target }: Fault, rest: readonly Fault[]): Promise<void> {
    if (!rest.some((other) => other.kind === 'fill' && other.target === target)) await this.#empty(target);
  }

  /** Takes away what a fault left that is not in the list any more. */
  async removeUnlisted(faults: readonly Fault[]): Promise<void> {
    for (const { name } of this.#hosts.definitions()) {
      const isListed = faults.some((fault) => fault.kind === 'fill' && fault.target === name);
      if (!isListed && existsSync(this.#paths.host(name).ballast)) await this.#empty(name);
    }
  }

  async #empty(host: string): Promise<void> {
    await this.#hosts.onDisk(host, EMPTY);
    rmSync(this.#paths.host(host).ballast, { force: true });
  }
}
