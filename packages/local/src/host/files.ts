import { chownSync, lchownSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CloudError, type HostDefinition } from '@sbmcrm/cloud';
import type { Image } from '../image.ts';
import { writeFileAtomic } from '../machine/files.ts';
import type { HostPaths } from '../state.ts';
import { machineId } from './limits/ids.ts';
import { initScript, logRunScript } from './oci/oci.ts';

/** Writes the files that a host's definition asks for. @throws CloudError 400 UNKNOWN_OWNER */
export function writeHostFiles(definition: HostDefinition, paths: HostPaths, users: Image['users']): void {
  for (const folder of [paths.config, paths.log]) mkdirSync(folder, { recursive: true, mode: 0o755 });
  const write = (path: string, content: string, mode: number, owner = 'root') => {
    const file = join(paths.config, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileAtomic(file, content, mode);
    const user = users[owner];
    if (!user) throw new CloudError('UNKNOWN_OWNER', `${definition.name}: the image has no user "${owner}"`);
    chownSync(file, machineId(user.uid), machineId(user.gid));
  };
  // The host's root makes the folders of its logs. What it puts there is never followed, see host/log.ts.
  chownSync(paths.log, machineId(0), machineId(0));
  write('init', initScript(), 0o755);
  // Bind-mounted single files: written in place, since a replaced file would leave the old one mounted.
  for (const [name, content] of [
    ['hosts', definition.hosts],
    ['hostname', `${definition.name}\n`],
  ] as const) {
    writeFileSync(join(paths.config, name), content, { mode: 0o644 });
  }
  // A service that the definition has no more must not be copied again at the next start.
  rmSync(join(paths.config, 'service'), { recursive: true, force: true });
  for (const service of definition.services) {
    write(`service/${service.name}/run`, service.run, 0o755);
    if (service.finish !== undefined) write(`service/${service.name}/finish`, service.finish, 0o755);
    write(`service/${service.name}/log/run`, logRunScript(service.name), 0o755);
    for (const file of service.files) write(file.path, file.content, file.mode, file.owner);
  }
  removeOthers(definition, paths.config);
  ownFolders(paths.config);
}

/**
 * What does not lie there as {@link writeHostFiles} wrote it: damaged, edited or deleted since.
 *
 * @returns services with such a file of their own; `isWhole`: there are none, and nothing else is either
 */
export function damagedFiles(
  definition: HostDefinition,
  { config }: HostPaths,
): { services: string[]; isWhole: boolean } {
  const isThere = (path: string, content: string) => {
    try {
      return readFileSync(join(config, path), 'utf8') === content;
    } catch {
      return false;
    }
  };
  const services = definition.services
    .filter(
      ({ name, run, finish, files }) =>
        !isThere(`service/${name}/run`, run) ||
        (finish !== undefined && !isThere(`service/${name}/finish`, finish)) ||
        files.some(({ path, content }) => !isThere(path, content)),
    )
    .map(({ name }) => name);
  const isHost = isThere('init', initScript()) && isThere('hosts', definition.hosts);
  return { services, isWhole: isHost && services.length === 0 };
}

/** Files that an earlier definition had beside those of this one: they may hold secrets, or be read with the others. */
function removeOthers({ services }: HostDefinition, config: string): void {
  const known = new Set(services.flatMap(({ files }) => files.map(({ path }) => path)));
  for (const folder of new Set([...known].map((path) => dirname(path)).filter((path) => path !== '.'))) {
    for (const entry of readdirSync(join(config, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isFile() && !known.has(path)) rmSync(join(config, path));
    }
  }
}

/** Logs from before hosts had user namespaces become the host's. Only for a host that is stopped: nothing moves meanwhile. */
export function shiftLogs(folder: string): void {
  lchownSync(folder, machineId(0), machineId(0));
  if (!lstatSync(folder).isDirectory()) return;
  for (const name of readdirSync(folder)) shiftLogs(join(folder, name));
}

/** Folders belong to the host's root: keepalived runs no script below one that is somebody else's. */
function ownFolders(folder: string): void {
  lchownSync(folder, machineId(0), machineId(0));
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (lstatSync(path).isDirectory()) ownFolders(path);
  }
}
