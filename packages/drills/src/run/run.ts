import { join } from 'node:path';
import { apiUrl, Interrupted, type Platform, platformStatus, readSecrets } from '@sbmcrm/platform';
import { hostsInRole } from '@sbmcrm/topology';
import { checkLedgers } from '../check/consistency.ts';
import { dualWrites } from '../check/dual.ts';
import { type CustomerLedger, LedgerReader } from '../check/ledger.ts';
import { cacheTargets, createProbeTable, databaseTargets, dropProbeTable, WriteObserver } from '../observe/sockets.ts';
import type { Consistency, Mark, RunReport } from '../report/types.ts';
import { clockMs, type OperationRecord } from '../workload/history.ts';
import { Load } from '../workload/load.ts';
import { inSeconds } from './drill.ts';
import { type Moments, recoveryFigures, series, workloadFigures } from './figures.ts';
import { heal } from './heal.ts';
import { consistencyStep, skippedReport } from './result.ts';
import type { RunSetting } from './setting.ts';
import { LeftState, loadText, RunningTest, StepFailed } from './test.ts';
import { failure } from './verdict.ts';
import { Watch } from './watch.ts';

/** Load before the fault and after the healing, to compare with. */
const CALM_MS = 5000;
/** Load between the last step and the healing: trouble that comes a little later shows, too. */
const DWELL_MS = 3000;

/** What no drill on one machine can show. */
const NOT_TESTED = [
  'power loss (the page cache of the machine survives)',
  'distance between zones (they share one machine and its clock)',
  'the cloud vendor’s own services',
];

/**
 * Runs one drill on a healthy platform and heals it again, whatever happens.
 *
 * @returns its report, with a verdict
 * @throws Error in one line when it cannot begin; Interrupted after healing
 */
export async function runDrill(setting: RunSetting): Promise<RunReport> {
  const { platform, drill } = setting;
  const skip = drill.skip?.(platform);
  if (skip) return skippedReport(setting, skip);
  const before = await platformStatus(platform);
  if (before.state !== 'healthy') {
    throw new Error(
      `drill ${drill.name}: the platform is ${before.state} (${before.reasons.join('; ')}): mend it first, e.g. with \`sbmcrm up\``,
    );
  }
  const startedAt = new Date().toISOString();
  const secrets = readSecrets(platform.paths);
  const credentials = { email: secrets.adminEmail, password: secrets.adminPassword };
  const primary = await platform.cloud.hostState(before.database.primary ?? '');
  await createProbeTable(primary, secrets);
  const load = await setting.progress.step(`${drill.name}: users log in, ${setting.rate} requests/s`, () =>
    Load.prepare({
      origin: apiUrl(platform),
      credentials,
      runId: setting.runId,
      rate: setting.rate,
      seed: setting.seed,
      historyFile: join(setting.folder, `${setting.runId}.jsonl`),
    }),
  );
  const names = (hosts: { name: string }[]) => hosts.map((host) => host.name);
  const hostState = (name: string) => platform.cloud.hostState(name);
  const { topology } = platform;
  const databases = new WriteObserver(
    names(hostsInRole(topology, 'database', 'read-replica')),
    databaseTargets(secrets),
    hostState,
  );
  const caches = new WriteObserver(names(hostsInRole(topology, 'cache')), cacheTargets(secrets), hostState);
  const test = new RunningTest({
    platform,
    before,
    load,
    databases,
    progress: setting.progress,
    signal: setting.signal,
  });
  const watch = new Watch(platform, before, () => test.allowed());
  test.left = watch.left;

  try {
    const { moments, problem } = await underLoad(setting, test, load);
    const history = await setting.progress.step(`Wait for the last answers: ${loadText(load.figures)}`, () =>
      load.stop(),
    );
    await Promise.all([watch.stop(), databases.stop(), caches.stop()]);
    const ledgers = await readLedgers(platform, history, credentials);
    const consistency: Consistency = {
      ...checkLedgers(history, ledgers),
      dualPrimaryObservations: dualWrites(databases.taken).length,
      dualCacheObservations: dualWrites(caches.taken).length,
    };
    const mode = platform.spec.database.replicationMode;
    test.steps.push(consistencyStep(consistency, mode, clockMs() - load.beganMs));
    const promoted = databases.firstElsewhere(before.database.primary, moments.faultMs);
    const parts = {
      spec: { replicationMode: mode, set: setting.set },
      steps: test.steps,
      workload: workloadFigures(history, setting.rate, moments),
      recovery: recoveryFigures(history, moments, drill.goalMs(platform.spec), promoted?.endMs),
      consistency,
    };
    const reason = problem ?? failure(parts);
    // The watch looks once a second; the write that was tried tells it to a tenth.
    const seen = promoted ? [{ atMs: promoted.endMs, label: `${promoted.host} takes writes` }] : [];
    const roles = [...watch.marks, ...seen].map(
      ({ atMs, label }): Mark => ({ atMs: Math.round(atMs - load.beganMs), kind: 'role', label }),
    );
    return {
      drill: drill.name,
      title: drill.title,
      seed: setting.seed,
      verdict: reason === undefined ? 'pass' : 'fail',
      ...(reason === undefined ? {} : { reason }),
      startedAt,
      ...parts,
      marks: [...test.marks, ...roles].filter((mark) => mark.atMs >= 0).sort((x, y) => x.atMs - y.atMs),
      series: series(history, moments),
      notTested: [...(drill.notTested ?? []), ...NOT_TESTED],
    };
  } finally {
    load.kill();
    await Promise.all([watch.stop(), databases.stop(), caches.stop()]);
    await forgetProbeTable(platform).catch(() => {}); // a table of two lines: the next drill takes it away
  }
}

/** Baseline, fault, steps, healing, and some load after it. */
async function underLoad(
  { drill, signal, progress }: RunSetting,
  test: RunningTest,
  load: Load,
): Promise<{ moments: Moments; problem: string | undefined }> {
  await load.begin();
  let problem: string | undefined;
  let interrupted = false;
  const guarded = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (error instanceof Interrupted) interrupted = true;
      else if (error instanceof LeftState) problem ??= `stopped: ${error.message}`;
      // A failed step is in the report already.
      else if (!(error instanceof StepFailed)) problem ??= (error as Error).message;
    }
  };
  await guarded(async () => {
    await progress.step(`Load before the fault: ${inSeconds(CALM_MS)}`, () => test.pause(CALM_MS));
    await drill.run(test);
    await progress.step(`Load goes on: ${inSeconds(DWELL_MS)}`, () => test.pause(DWELL_MS));
  });
  if (test.faultMs === 0) test.faultMs = clockMs();
  test.healing = true;
  await guarded(() => heal(test));
  test.healing = false;
  const healedMs = clockMs();
  if (interrupted || signal?.aborted) throw new Interrupted();
  const stepsOk = test.steps.every((step) => step.ok);
  await guarded(async () => {
    if (problem === undefined && stepsOk) await drill.healed?.(test);
    await progress.step(`Load after healing: ${inSeconds(CALM_MS)}`, () => test.pause(CALM_MS));
  });
  if (interrupted) throw new Interrupted();
  return { moments: { beganMs: load.beganMs, faultMs: test.faultMs, healedMs, endedMs: clockMs() }, problem };
}

/** The customers' ledgers after all is over; the customers are then taken off the CRM's lists. */
async function readLedgers(
  platform: Platform,
  history: readonly OperationRecord[],
  credentials: { email: string; password: string },
): Promise<Map<string, CustomerLedger>> {
  const reader = await LedgerReader.open(apiUrl(platform), credentials);
  try {
    const customers = [...new Set(history.flatMap(({ customer, to }) => [customer, to]))];
    const known = customers.filter((each) => each !== undefined);
    const ledgers = await reader.read(known);
    await reader.putAway(known);
    return ledgers;
  } finally {
    await reader.close();
  }
}

async function forgetProbeTable(platform: Platform): Promise<void> {
  const { database } = await platformStatus(platform);
  if (!database.primary) return;
  await dropProbeTable(await platform.cloud.hostState(database.primary), readSecrets(platform.paths));
}
