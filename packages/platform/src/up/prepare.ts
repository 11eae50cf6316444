import { existsSync, readdirSync, statfsSync } from 'node:fs';
import { ToolError } from '@sbmcrm/errors';
import {
  assertNoOldBridge,
  buildImage,
  cachedImage,
  claimImage,
  claimNetwork,
  claimRange,
  createPlatform,
  ensureSwitch,
  installPackages,
  loadMachineFirewall,
  machineProblems,
  missingPackages,
  networkConflict,
  networkHolder,
  type PlatformRecord,
  type Registration,
  readPlatform,
  registrations,
  releaseImage,
  releaseNetwork,
  removeNetwork,
  renderMachineFirewall,
  type StatePaths,
  writeJson,
} from '@sbmcrm/local';
import { DEFAULT_NETWORK, PORTS, planNetwork } from '@sbmcrm/topology';
import { choosePort } from '../port.ts';
import type { Progress } from '../progress.ts';

export interface PrepareOptions {
  network?: string | undefined;
  port?: number | undefined;
  mirror?: string | undefined;
  /** False: refuse instead of installing Debian packages. */
  install: boolean;
  signal?: AbortSignal | undefined;
  progress: Progress;
}

/** Makes sure that this machine can run hosts. @returns whether anything was installed */
export async function prepareMachine({ progress, install }: PrepareOptions): Promise<boolean> {
  const problems = await machineProblems();
  if (problems.length > 0) throw new ToolError('MACHINE_UNFIT', problems.join('\n'));
  const missing = missingPackages();
  if (missing.length === 0) return false;
  if (!install) {
    throw new ToolError(
      'MACHINE_UNFIT',
      `this machine lacks ${missing.join(', ')}: run \`apt-get install ${missing.join(' ')}\`, or leave out --no-install`,
    );
  }
  await progress.step(`Install Debian packages: ${missing.join(', ')}`, () => installPackages(missing));
  return true;
}

/** Makes sure that the image of hosts is in the cache. @returns whether it had to be built */
export async function prepareImage(paths: StatePaths, options: PrepareOptions): Promise<boolean> {
  const { progress, mirror, signal } = options;
  claimImage(paths.root);
  if (cachedImage()) return false;
  const building = progress.step('Build the image of hosts (once, about a minute)', (note) =>
    buildImage({ ...(mirror ? { mirror } : {}), ...(signal ? { signal } : {}), onProgress: note }),
  );
  await building.catch((error) => {
    if (!readPlatform(paths)) releaseImage(paths.root); // nothing was made that would need it
    throw error;
  });
  return true;
}

/**
 * The platform's record: the stored one, or a new one for an empty folder.
 *
 * @throws Error in one line: folder of somebody else, network or port taken, options that contradict the record
 */
export async function prepareRecord(
  paths: StatePaths,
  platform: string,
  options: PrepareOptions,
): Promise<PlatformRecord> {
  const stored = readPlatform(paths);
  const others = registrations().filter((each) => each.state !== paths.root);
  if (stored) {
    if (stored.platform !== platform) {
      throw new ToolError(
        'SPEC_CONTRADICTS',
        `the platform in ${paths.root} is called "${stored.platform}", not "${platform}": its name is part of its data — change it back, or give another folder with --state DIR`,
      );
    }
    if (options.network && planNetwork(options.network).cidr !== stored.network) {
      throw new ToolError(
        'SPEC_CONTRADICTS',
        `the platform in ${paths.root} lives in ${stored.network}: run \`sbmcrm down --purge\` first, or leave out --network`,
      );
    }
    if (networkHolder(stored.network) === paths.root) {
      if (options.port !== undefined && options.port !== stored.port) {
        throw new ToolError(
          'SPEC_CONTRADICTS',
          `the platform in ${paths.root} is up on port ${stored.port}: run \`sbmcrm down\` first, or leave out --port`,
        );
      }
      return stored;
    }
  } else if (existsSync(paths.root) && readdirSync(paths.root).some((name) => !/^lock|\.new$/.test(name))) {
    throw new ToolError(
      'NOT_A_STATE_FOLDER',
      `${paths.root} is not empty and holds no platform: give another folder with --state DIR`,
    );
  }
  assertRoom(paths);
  const network = stored?.network ?? planNetwork(options.network ?? DEFAULT_NETWORK).cidr;
  await assertNetworkFree(network, others);
  const port = await choosePort(options.port, stored, others);
  if (!stored) return createPlatform(paths, platform, network, port);
  const record = { ...stored, port };
  writeJson(paths.platform, record);
  return record;
}

/** Write-ahead logs, tables and logs of four PostgreSQLs, and room to grow; in bytes. */
const NEEDED_BYTES = 1.5 * 1024 ** 3;

function assertRoom(paths: StatePaths): void {
  const { bavail, bsize } = statfsSync(paths.root);
  const megabytes = (bytes: number) => `${Math.floor(bytes / 1024 ** 2)} MB`;
  if (bavail * bsize < NEEDED_BYTES) {
    throw new ToolError(
      'NO_ROOM',
      `${paths.root}: ${megabytes(bavail * bsize)} free, a platform needs ${megabytes(NEEDED_BYTES)} — free some space, or give another folder with --state DIR`,
    );
  }
}

async function assertNetworkFree(network: string, others: readonly Registration[]): Promise<void> {
  const other = others.find((each) => each.network === network);
  if (other)
    throw new ToolError(
      'NETWORK_TAKEN',
      `${network} is used by the platform in ${other.state}: give another one with --network, e.g. --network 10.78.0.0/16`,
    );
  const conflict = await networkConflict(planNetwork(network));
  if (conflict)
    throw new ToolError('NETWORK_TAKEN', `${conflict}: give another one with --network, e.g. --network 10.78.0.0/16`);
}

/**
 * Claims the network and the port for this platform, then makes what connects its hosts. The range is made unreachable before
 * anything could be sent to it, and the rules are there before a host is.
 *
 * @returns whether something of it was missing
 * @throws Error if another one was faster, or if the machine routes the range elsewhere
 */
export async function prepareNetwork(paths: StatePaths, record: PlatformRecord): Promise<boolean> {
  const plan = planNetwork(record.network);
  assertNoOldBridge(plan);
  const isNew = networkHolder(record.network) !== paths.root;
  claimNetwork({ state: paths.root, network: record.network, port: record.port });
  try {
    await loadMachineFirewall(renderMachineFirewall(plan, record.port, PORTS.http, PORTS.cloudApi));
    await claimRange(plan);
    return await ensureSwitch(plan);
  } catch (error) {
    if (isNew) {
      await removeNetwork(plan);
      releaseNetwork(record.network);
    }
    throw error;
  }
}
