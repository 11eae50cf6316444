import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Fault } from '@sbmcrm/cloud';
import { DAEMON } from '@sbmcrm/daemon';
import type { Secrets } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import {
  collectImages,
  connectCloud,
  inspectCloud,
  isDaemonCurrent,
  isSwitchWhole,
  LocalCloud,
  lockState,
  networkHolder,
  newRecord,
  readPlatform,
  registrations,
  renameLock,
  startDaemon,
} from '@sbmcrm/local';
import { checkSpec, type Finding, type Spec } from '@sbmcrm/spec';
import { planNetwork } from '@sbmcrm/topology';
import { keepRelay, readAlertFiles, relaySetting } from '../alerts/relay.ts';
import { keepSpec } from '../applied.ts';
import { folderOf } from '../cloud.ts';
import { endOrphan } from '../down.ts';
import { hostImage, imageFindings } from '../image.ts';
import { dueLogins } from '../logins/steps.ts';
import { topologyOf } from '../opened.ts';
import { Interrupted, type Progress } from '../progress.ts';
import { findDamage, suspectsOf } from '../repair/damage.ts';
import { Doctor, lookAtMembers } from '../repair/doctor.ts';
import { areOf } from '../rotate/certificates.ts';
import { keepFleet } from '../scaling/places.ts';
import { ensureSecrets, storedSecrets } from '../secrets.ts';
import { maintenanceNotice } from '../status/notices.ts';
import { observeDatabase, observeHealth } from '../status.ts';
import { CODE_ROOT, type Platform, readSpec, type Workspace } from '../workspace.ts';
import { applySteps } from './apply.ts';
import { definitionsOf, findPlatform } from './find.ts';
import { Patience } from './patience.ts';
import { byPhase, faultedHosts, planUp, repairStep, type Step } from './plan.ts';
import {
  chooseRecord,
  connectPlatform,
  type PrepareOptions,
  packagesToInstall,
  prepareImage,
  prepareMachine,
  prepareRecord,
} from './prepare.ts';
import { planRenewals } from './renew.ts';
import { leaders, renewHosts } from './renewals.ts';
import { settleAll } from './settle.ts';
import { platformWaits } from './waits.ts';
import { healthPathWarnings, warningsOf } from './warnings.ts';

export interface UpSetting extends PrepareOptions {
  /** Runs also what a check finds unsafe. */
  force: boolean;
  /** The caller has the lock of the platform, and keeps it. */
  isLocked?: true;
  /** Refuses what is wrong by what this room does not know. @throws ToolError BAD_SPEC */
  vet?: (spec: Spec) => Promise<void>;
}

export interface UpResult {
  platform: Platform;
  secrets: Secrets;
  /** False: everything was as the spec wants it. */
  changed: boolean;
  /** What was done, in order. */
  steps: Step[];
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
export async function up(workspace: Workspace, options: UpSetting): Promise<UpResult> {
  const { paths } = workspace;
  const { progress, signal } = options;
  const { spec, text, findings, files } = await readChecked(workspace, options);
  const interruptible = () => {
    if (signal?.aborted) throw new Interrupted();
  };

  const packages = await prepareMachine(options);
  const endedOrphan = !readPlatform(paths) && (await endOrphan(paths, progress));
  const unlock = options.isLocked ? renameLock(paths, 'up') : lockState(paths, 'up');
  try {
    interruptible();
    // What is refused is refused before the minute that the image takes.
    await chooseRecord(paths, spec.platform, options);
    const before = storedSecrets(paths);
    const builtImage = await prepareImage(paths, options);
    const isNew = !readPlatform(paths);
    const chosen = await prepareRecord(paths, spec.platform, options);
    const topology = topologyOf(spec, chosen.network, paths);
    const secrets = await ensureSecrets(paths, chosen, topology, files);
    const renewed = before !== undefined && before.tls?.ca !== secrets.tls.ca;
    const { record, connected } = await connectPlatform(paths, chosen, options);
    keepRelay(paths, relaySetting({ spec, topology }, secrets, workspace));
    const { started } = await startDaemon(paths, record, DAEMON, CODE_ROOT);
    const platform: Platform = { spec, paths, record, topology, cloud: connectCloud(paths, record, hostImage) };
    interruptible();

    const definitions = definitionsOf(platform, secrets);
    const applying = { cloud: platform.cloud, definitions, progress, waits: platformWaits(platform, signal) };
    const steps = planUp(topology, await findPlatform(platform, platform.cloud, secrets));
    const phases = byPhase(steps);
    await applySteps(applying, phases.define);
    await keepFleet(platform, secrets);
    keepSpec(paths, { text, spec, folder: folderOf(workspace) });
    // A session of drills that was killed left its own, which nothing follows now.
    if (resolve(workspace.specFile) !== paths.drillSpec) rmSync(paths.drillSpec, { force: true });
    await applySteps(applying, phases.start);
    interruptible();
    const faults = await platform.cloud.listFaults();
    const faulted = faultedHosts(platform.cloud.kinds, await platform.cloud.listHosts(), faults);
    await applySteps(applying, phases.takeOver);
    const held = await leftAlone(platform);
    const excused = new Set([...faulted, ...held.hosts]);
    collectImages();
    const { network } = record;
    const done = { packages, endedOrphan, builtImage, isNew, renewed, connected, started, network };
    const all = [...machineSteps(done), ...steps];
    const doctor = new Doctor({ platform, secrets, excused, progress, signal });
    const told = all.length > 0 ? progress : silent;
    const patience = new Patience({ platform, progress: told, always: progress, doctor, signal });
    await settleAll({ platform, secrets, excused, progress: told, patience });
    const loud = new Patience({ platform, progress, always: progress, doctor, signal });
    const settle = () => settleAll({ platform, secrets, excused, progress, patience: loud });
    const [whyHeld] = held.warnings;
    const renewals = await renewHosts({ platform, secrets, excused, applying, progress, held: whyHeld, settle });
    const repairs = [...patience.done, ...loud.done, ...doctor.done.map(repairStep)];
    all.push(...renewals.steps);
    const answers = await observeHealth(platform, excused);
    const warnings = [
      ...held.warnings,
      ...renewals.warnings,
      ...doctor.losses,
      ...warningsOf(platform),
      ...healthPathWarnings(platform, answers),
    ];
    return {
      platform,
      secrets,
      changed: all.length + repairs.length > 0,
      steps: [...all, ...repairs],
      faults,
      findings: [...findings, ...imageFindings(hostImage())],
      warnings,
    };
  } finally {
    unlock();
  }
}

/**
 * What {@link up} would do now, and nothing of it done: the platform may run, be down, or lie in ruins, its daemon included.
 *
 * @throws SpecError, or Error in one line, as `up` would
 */
export async function dryRun(workspace: Workspace, options: Omit<UpSetting, 'progress'>): Promise<Step[]> {
  const { paths } = workspace;
  const { spec, files } = await readChecked(workspace, options);
  const packages = await packagesToInstall(options);
  const { network, stored, port } = await chooseRecord(paths, spec.platform, options);
  const plan = planNetwork(network);
  const endedOrphan = stored === undefined && registrations().some((each) => each.state === paths.root);
  const record = { ...(stored ?? newRecord(spec.platform, network, port)), port };
  const topology = topologyOf(spec, network, paths);
  const known = storedSecrets(paths);
  const secrets = known && { ...known, files };
  const isRunning = networkHolder(network) === paths.root && isDaemonCurrent(plan, DAEMON, CODE_ROOT) && !endedOrphan;
  const machine = machineSteps({
    packages,
    endedOrphan,
    builtImage: hostImage() === undefined,
    isNew: stored === undefined,
    renewed: secrets !== undefined && !areOf(topology, secrets.tls),
    connected: endedOrphan || !(await isSwitchWhole(plan)),
    started: !isRunning,
    network,
  });
  const view =
    stored && isRunning ? connectCloud(paths, record, hostImage) : inspectCloud(paths, record, hostImage(), CODE_ROOT);
  const found = await findPlatform({ spec, topology, record, paths }, view, secrets);
  const later =
    view instanceof LocalCloud && secrets ? await dueNow({ spec, topology, record, paths, cloud: view }, secrets) : [];
  const excused = faultedHosts(found.kinds, found.hosts, found.faults);
  const platform = { spec, topology, record, paths };
  const leading = view instanceof LocalCloud && secrets ? await leaders({ ...platform, cloud: view }, secrets) : [];
  const steps = planUp(topology, found);
  const started = new Set(steps.flatMap((step) => (step.do === 'start-hosts' ? step.hosts : [])));
  const renewed = planRenewals(topology, { ...found, excused, leading }).rounds.flat();
  return [...machine, ...steps, ...later, ...renewed.filter(({ host }) => !started.has(host))];
}

/** What `up` would find on a platform that is up while it looks at one part after the other. */
async function dueNow(platform: Platform, secrets: Secrets): Promise<Step[]> {
  const logins = await dueLogins(platform, secrets);
  const seen = await lookAtMembers(platform, secrets);
  const faults = await platform.cloud.listFaults();
  const excused = faultedHosts(platform.cloud.kinds, await platform.cloud.listHosts(), faults);
  const damages = await findDamage(platform, suspectsOf(platform, seen, excused));
  return [...logins, ...damages.map(repairStep)];
}

/** Servers of the database that a maintenance leaves as they are. @throws ToolError where none of them leads */
async function leftAlone(platform: Platform): Promise<{ hosts: string[]; warnings: string[] }> {
  const { primary, members, maintenance } = await observeDatabase(platform);
  const [notice] = maintenanceNotice(maintenance, Date.now());
  if (!notice) return { hosts: [], warnings: [] };
  if (primary === null) throw new ToolError('NOT_HEALTHY', `the database has no primary, and there is ${notice.text}`);
  return { hosts: members.filter(({ state }) => state !== 'running').map(({ name }) => name), warnings: [notice.text] };
}

/** What is done to the machine before anything is done to hosts. Pure. */
function machineSteps(done: {
  packages: string[];
  endedOrphan: boolean;
  builtImage: boolean;
  isNew: boolean;
  /** The certificates of etcd. */
  renewed: boolean;
  connected: boolean;
  started: boolean;
  network: string;
}): Step[] {
  const { packages, network } = done;
  const steps: [boolean, Step][] = [
    [packages.length > 0, { do: 'install-packages', packages }],
    [done.endedOrphan, { do: 'end-orphan' }],
    [done.builtImage, { do: 'build-image' }],
    [done.isNew, { do: 'make-platform', network }],
    [done.renewed, { do: 'make-certificates' }],
    [done.connected, { do: 'connect', network }],
    [done.started, { do: 'start-cloud' }],
  ];
  return steps.filter(([isDone]) => isDone).map(([, step]) => step);
}

/** The spec, unless a check finds an error in it. @throws SpecError; ToolError UNSAFE_SPEC */
async function readChecked(workspace: Workspace, { force, vet }: Pick<UpSetting, 'force' | 'vet'>) {
  const { specFile } = workspace;
  const { spec, text } = readSpec(specFile);
  await vet?.(spec);
  const findings = checkSpec(spec);
  const error = findings.find((finding) => finding.severity === 'error');
  if (error && !force) {
    throw new ToolError(
      'UNSAFE_SPEC',
      `${specFile}: ${error.path}: ${error.message} — ${error.fix} (see \`sbmcrm check\`; --force runs it all the same)`,
    );
  }
  return { spec, text, findings, files: readAlertFiles(spec, workspace) };
}

/** For a platform that is as it should be: looking at it is not worth a line. */
const silent: Progress = { step: (_title, task) => task(() => {}) };
