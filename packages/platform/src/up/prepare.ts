import { existsSync, readdirSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { ToolError } from '@sbmcrm/errors';
import {
  assertNoOldBridge,
  buildImage,
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
import { hostImage, RECIPE } from '../image.ts';
import { choosePort } from '../port.ts';
import type { Progress } from '../progress.ts';
import { stepText } from './steps-text.ts';

export interface PrepareOptions {
  network?: string | undefined;
  port?: number | undefined;
  mirror?: string | undefined;
  /** False: refuse instead of installing Debian packages. */
  install: boolean;
  signal?: AbortSignal | undefined;
  progress: Progress;
}

/** Packages that this machine lacks for running hosts. @throws ToolError MACHINE_UNFIT when no package would help */
export async function packagesToInstall({ install }: Pick<PrepareOptions, 'install'>): Promise<string[]> {
  const problems = await machineProblems();
  if (problems.length > 0) throw new ToolError('MACHINE_UNFIT', problems.join('\n'));
  const missing = missingPackages();
  if (missing.length === 0) return [];
  if (!install) {
    throw new ToolError(
      'MACHINE_UNFIT',
      `this machine lacks ${missing.join(', ')}: run \`apt-get install ${missing.join(' ')}\`, or leave out --no-install`,
    );
  }
  return missing;
}

/** Makes sure that this machine can run hosts. @returns what was installed */
export async function prepareMachine(options: PrepareOptions): Promise<string[]> {
  const packages = await packagesToInstall(options);
  if (packages.length > 0)
    await options.progress.step(stepText({ do: 'install-packages', packages }), () => installPackages(packages));
  return packages;
}

/** Makes sure that the image of hosts is in the cache. @returns whether it had to be built */
export async function prepareImage(paths: StatePaths, options: PrepareOptions): Promise<boolean> {
  const { progress, mirror, signal } = options;
  claimImage(paths.root, RECIPE);
  if (hostImage()) return false;
  const building = progress.step(stepText({ do: 'build-image' }), (note) =>
    buildImage(RECIPE, { ...(mirror ? { mirror } : {}), ...(signal ? { signal } : {}), onProgress: note }),
  );
  await building.catch((error) => {
    if (!readPlatform(paths)) releaseImage(paths.root); // nothing was made that would need it
    throw error;
  });
  return true;
}

/**
 * The platform's record: the stored one, or what a new one would be for an empty folder. Writes nothing.
 *
 * @throws Error in one line: folder of somebody else, network or port taken, options that contradict the record
 */
export async function chooseRecord(
  paths: StatePaths,
  platform: string,
  options: Pick<PrepareOptions, 'network' | 'port'>,
): Promise<Pick<PlatformRecord, 'network' | 'port'> & { stored: PlatformRecord | undefined }> {
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
      return { network: stored.network, port: stored.port, stored };
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
  return { network, port: await choosePort(options.port, stored, others), stored };
}

/** Makes the record of {@link chooseRecord}, or keeps a new port. */
export async function prepareRecord(
  paths: StatePaths,
  platform: string,
  options: PrepareOptions,
): Promise<PlatformRecord> {
  const { network, port, stored } = await chooseRecord(paths, platform, options);
  if (!stored) return createPlatform(paths, platform, network, port);
  const record = { ...stored, port };
  if (port !== stored.port) writeJson(paths.platform, record);
  return record;
}

/** Write-ahead logs, tables and logs of four PostgreSQLs, and room to grow; in bytes. */
const NEEDED_BYTES = 1.5 * 1024 ** 3;

function assertRoom(paths: StatePaths): void {
  let folder = paths.root;
  while (!existsSync(folder)) folder = dirname(folder); // it is made by the first `up`
  const { bavail, bsize } = statfsSync(folder);
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

/** When commands choose the same port at the same moment: so often another one is tried, after a pause of up to so long. */
const MOST_TRIES = 5;
const PAUSE_MS = 300;

/**
 * Connects a platform's hosts, see {@link prepareNetwork}. Where another command was faster to take the port, and nobody asked for that
 * one, it is the next that is free.
 */
export async function connectPlatform(
  paths: StatePaths,
  chosen: PlatformRecord,
  options: PrepareOptions,
): Promise<{ record: PlatformRecord; connected: boolean }> {
  let record = chosen;
  for (let tries = 1; ; tries += 1) {
    try {
      return { record, connected: await prepareNetwork(paths, record) };
    } catch (error) {
      const isLate = error instanceof ToolError && error.code === 'PORT_TAKEN' && options.port === undefined;
      if (!isLate || tries === MOST_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE_MS));
      record = await prepareRecord(paths, record.platform, options);
    }
  }
}

/** What hosts reach of this machine. */
const MACHINE_PORTS = [PORTS.cloudApi, PORTS.relay, PORTS.mailRelay, PORTS.mailRelayTls];

/**
 * Claims the network and the port for this platform, then makes what connects its hosts. The range is made unreachable before
 * anything could be sent to it, and the rules are there before a host is.
 *
 * @returns whether something of it was missing
 * @throws Error if another one was faster, or if the machine routes the range elsewhere
 */
async function prepareNetwork(paths: StatePaths, record: PlatformRecord): Promise<boolean> {
  const plan = planNetwork(record.network);
  assertNoOldBridge(plan);
  const isNew = networkHolder(record.network) !== paths.root;
  claimNetwork({ state: paths.root, network: record.network, port: record.port });
  try {
    await loadMachineFirewall(renderMachineFirewall(plan, record.port, PORTS.http, MACHINE_PORTS));
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
