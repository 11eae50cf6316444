import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { CloudError } from '@sbmcrm/cloud';
import { settleAll } from '@sbmcrm/errors';
import type { FaultKindDefinition, FaultTools } from '../kind.ts';

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
 * A full disk. The ballast is on the disk, so that it survives a restart of the host. A note beside the disk says that it is there:
 * also where the list of faults was lost, it is found and taken away.
 */
export const fill: FaultKindDefinition = {
  takes: ['host'],
  about: "no room on the host's disk; the machine's own is not touched",
  prepare: async (request, { hosts }) => {
    const { kind, refusal } = await hosts.disk(request.target);
    if (kind === 'image') return request;
    const why = refusal
      ? `loop devices do not work here (${refusal})`
      : 'it is from before hosts had one — run `sbmcrm down --purge`, then `sbmcrm up`';
    throw new CloudError(
      'NO_DISK',
      `host ${request.target} has no disk of its own, filling it would fill this machine's: ${why}`,
    );
  },
  apply: ({ hosts }, tools) =>
    settleAll(hosts, async (host) => {
      writeFileSync(tools.paths.host(host).ballast, '');
      await tools.hosts.onDisk(host, FILL);
    }),
  undo: ({ hosts }, tools) => settleAll(hosts, (host) => empty(host, tools)),
  tidy: (held, tools) => {
    const left = tools.hosts
      .definitions()
      .map((host) => host.name)
      .filter((name) => !held.has(name) && existsSync(tools.paths.host(name).ballast));
    return settleAll(left, (host) => empty(host, tools));
  },
};

async function empty(host: string, tools: FaultTools): Promise<void> {
  await tools.hosts.onDisk(host, EMPTY);
  rmSync(tools.paths.host(host).ballast, { force: true });
}
