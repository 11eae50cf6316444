import type { Fault } from '@sbmcrm/cloud';
import type { HealthAnswer, Secrets } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import {
  collectImages,
  connectCloud,
  lockState,
  machineConditions,
  machineMemory,
  readPlatform,
  startDaemon,
} from '@sbmcrm/local';
import { checkSpec, type Finding } from '@sbmcrm/spec';
import { leastMemory, planTopology } from '@sbmcrm/topology';
import { keepSpec } from '../applied.ts';
import { endOrphan } from '../down.ts';
import { Interrupted, type Progress } from '../progress.ts';
import { ensureSecrets } from '../secrets.ts';
import { observeHealth } from '../status.ts';
import { CODE_ROOT, type Platform, readSpec, type Workspace } from '../workspace.ts';
import { applyChanges } from './changes.ts';
import { defineHosts, faultedHosts, removeHosts, startHosts, startServices, stopBrokenHosts } from './hosts.ts';
import { type PrepareOptions, prepareImage, prepareMachine, prepareNetwork, prepareRecord } from './prepare.ts';
import { settleAll } from './settle.ts';

export interface UpResult {
  platform: Platform;
  secrets: Secrets;
  /** False: everything was as the spec wants it. */
  changed: boolean;
  faults: Fault[];
  findings: Finding[];
  /** What on this machine or in the spec hurts the platform, or will soon, in one line each. */
  warnings: string[];
}

/**
 * Brings the platform to what the spec says, from nothing or from ruins. Roles that moved stay where they are, and
 * faults stay injected.
 *
 * @throws SpecError, StateLockedError, Interrupted, or Error in one line
 */
export async function up(workspace: Workspace, options: PrepareOptions & { force: boolean }): Promise<UpResult> {
  const { paths } = workspace;
  const { progress, signal } = options;
  const { spec, text } = readSpec(workspace.specFile);
  const findings = checkSpec(spec);
  const error = findings.find((finding) => finding.severity === 'error');
  if (error && !options.force) {
    throw new ToolError(
      'UNSAFE_SPEC',
      `${workspace.specFile}: ${error.path}: ${error.message} — ${error.fix} (see \`sbmcrm check\`; --force runs it all the same)`,
    );
  }
  const interruptible = () => {
    if (signal?.aborted) throw new Interrupted();
  };

  let changed = await prepareMachine(options);
  if (!readPlatform(paths)) changed = (await endOrphan(paths, progress)) || changed;
  const unlock = lockState(paths, 'up');
  try {
    interruptible();
    changed = (await prepareImage(paths, options)) || changed;
    const record = await prepareRecord(paths, spec.platform, options);
    const topology = planTopology(spec, record.network, machineMemory());
    const secrets = await ensureSecrets(paths, topology);
    const connected = await prepareNetwork(paths, record);
    const { started } = await startDaemon(paths, record, CODE_ROOT);
    const platform: Platform = { spec, paths, record, topology, cloud: connectCloud(paths, record) };
    interruptible();

    const removed = await removeHosts(platform, progress);
    await stopBrokenHosts(platform, progress);
    const { created, changes } = await defineHosts(platform, secrets);
    keepSpec(paths, { text, spec });
    const startedHosts = await startHosts(platform, progress, signal);
    for (const host of startedHosts) changes.delete(host); // they started with the new configuration
    interruptible();
    const faults = await platform.cloud.listFaults();
    const excused = faultedHosts(platform.cloud.kinds, await platform.cloud.listHosts(), faults);
    const restarted = await startServices(platform, new Set([...excused, ...startedHosts]));
    const touched = created + removed + startedHosts.length + restarted + changes.size;
    changed = started || connected || touched > 0 || changed;
    const settling = { platform, secrets, excused, progress, signal };
    if (changes.size > 0) await applyChanges(platform, changes, excused, progress);
    collectImages();
    await settleAll(changed ? settling : { ...settling, progress: silent });
    const warnings = [...warningsOf(platform), ...healthPathWarnings(platform, await observeHealth(platform, excused))];
    return { platform, secrets, changed, faults, findings, warnings };
  } finally {
    unlock();
  }
}

function warningsOf({ paths, record, spec }: Platform): string[] {
  const needed = leastMemory(planTopology(spec, record.network).hosts);
  const gb = (bytes: number) => `${Math.round((bytes / 1024 ** 3) * 10) / 10} GB`;
  const tooSmall =
    machineMemory() < needed
      ? [`this machine has ${gb(machineMemory())} of memory, the platform needs ${gb(needed)}: hosts may run out of it`]
      : [];
  return [...tooSmall, ...machineConditions({ root: paths.root, port: record.port }).map(({ text }) => text)];
}

/**
 * API servers that have no health check at the spec's path: load balancers take them out one by one, minutes later. One that calls
 * itself unhealthy has one. Pure.
 */
export function healthPathWarnings({ spec }: Pick<Platform, 'spec'>, answers: readonly HealthAnswer[]): string[] {
  const { path } = spec.loadBalancer.healthCheck;
  return answers
    .filter(({ status }) => status !== null && status !== 200 && status !== 503)
    .map(
      ({ name, status }) =>
        `${name} answers ${status} at ${path} (loadBalancer.healthCheck.path): load balancers will take it for unhealthy`,
    );
}

/** For a platform that is as it should be: looking at it is not worth a line. */
const silent: Progress = { step: (_title, task) => task(() => {}) };
