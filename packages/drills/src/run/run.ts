import { join } from 'node:path';
import { apiUrl, Interrupted, type Platform, type Progress, platformStatus, readSecrets } from '@sbmcrm/platform';
import { hostsInRole } from '@sbmcrm/topology';
import { checkLedgers } from '../check/consistency.ts';
import { dualWrites } from '../check/dual.ts';
import { type CustomerLedger, LedgerReader } from '../check/ledger.ts';
import { cacheTargets, createProbeTable, databaseTargets, dropProbeTable, WriteObserver } from '../observe/sockets.ts';
import type { Consistency, Mark, RunReport } from '../report/types.ts';
import { clockMs, type OperationRecord } from '../workload/history.ts';
import { Load } from '../workload/load.ts';
import { type Drill, inSeconds } from './drill.ts';
import { type Moments, recoveryFigures, series, workloadFigures } from './figures.ts';
import { LeftState, loadText, RunningTest, StepFailed } from './test.ts';
import { failure } from './verdict.ts';
import { Watch } from './watch.ts';

/** Load before the fault and after the healing, to compare with. */
const CALM_MS = 5000;
/** Load between the last step and the healing: trouble that comes a little later shows, too. */
const DWELL_MS = 3000;
const HEAL_TIMEOUT_MS = 120_000;

/** What no drill on one machine can show. */
const NOT_TESTED = [
  'power loss (the page cache of the machine survives)',
  'distance between zones (they share one machine and its clock)',
  'the cloud vendor’s own services',
];

export interface RunSetting {
  platform: Platform;
  drill: Drill;
  /** Requests per second. */
  rate: number;
  seed: number;
  /** Keys of the spec that were changed for this run. */
  set: Record<string, string>;
  /** Names everything that this run writes, and its history's file. */
  runId: string;
  /** Folder of the history. */
  folder: string;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Runs one drill on a healthy platform and heals it again, whatever happens.
 *
 * @returns its report, with a verdict
 * @throws Error in one line when it cannot begin; Interrupted after healing
 */
export async function runDrill(setting: RunSetting): Promise<RunReport> {
  const { platform, drill } = setting;
  const skip = drill.skip?.(platform);
  if (skip) return skipped(setting, skip);
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
    const roles = watch.marks.map(
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
      // Steps are in the report already; anything else is told in the verdict.
      else if (error instanceof StepFailed) problem ??= undefined;
      else if (error instanceof LeftState) problem ??= `stopped: ${error.message}`;
      else problem ??= (error as Error).message;
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

/** Takes every fault back and waits until the platform is healthy, roles wherever they are now. */
async function heal(test: RunningTest): Promise<void> {
  const start = performance.now();
  await test.clear();
  await test.until(
    'The platform heals',
    'every host is back in its role, every API server is healthy',
    HEAL_TIMEOUT_MS,
    async () => {
      const status = await test.status();
      if (status.state !== 'healthy') return { ok: false, observed: status.reasons.join('; ') };
      const ill = await unhealthyServers(test);
      if (ill.length > 0) return { ok: false, observed: `/health of ${ill.join(', ')} is not healthy` };
      return { ok: true, observed: `healthy ${inSeconds(performance.now() - start)} after the fault was cleared` };
    },
  );
}

/** Each server's own word: the load balancer takes a minute and a half to notice that one lost its cache for good. */
async function unhealthyServers({ platform }: RunningTest): Promise<string[]> {
  const servers = hostsInRole(platform.topology, 'api');
  const healthy = await Promise.all(
    servers.map(async ({ address }) => {
      const url = `http://${address}:${platform.spec.application.port}${platform.spec.loadBalancer.healthCheck.path}`;
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
        await response.arrayBuffer();
        return response.ok;
      } catch {
        return false;
      }
    }),
  );
  return servers.filter((_, n) => !healthy[n]).map((server) => server.name);
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

/** The guide's last step. In async mode lost writes are told and not judged. */
function consistencyStep(consistency: Consistency, mode: 'async' | 'sync', atMs: number): RunReport['steps'][number] {
  const { acknowledged, lost, duplicated, unexpected, recovered, sessionReads } = consistency;
  const zeros = [
    duplicated,
    unexpected,
    consistency.staleSessionReads,
    consistency.negativeBalances,
    consistency.balanceMismatches,
    consistency.dualPrimaryObservations,
    consistency.dualCacheObservations,
    ...(mode === 'sync' ? [lost] : []),
  ];
  return {
    name: 'Check data consistency',
    expected: `every acknowledged write is there once${mode === 'sync' ? '' : ' (async: lost ones are counted)'}, one primary at a time`,
    observed: `${acknowledged} acknowledged: ${lost} lost, ${duplicated} duplicated, ${unexpected} unexpected, ${recovered} recovered; ${consistency.staleSessionReads} of ${sessionReads} own reads stale; ${consistency.dualPrimaryObservations + consistency.dualCacheObservations} writes on a second primary`,
    ok: zeros.every((count) => count === 0),
    atMs: Math.round(atMs),
  };
}

async function forgetProbeTable(platform: Platform): Promise<void> {
  const { database } = await platformStatus(platform);
  if (!database.primary) return;
  await dropProbeTable(await platform.cloud.hostState(database.primary), readSecrets(platform.paths));
}

function skipped({ drill, platform, seed, set }: RunSetting, reason: string): RunReport {
  const nothing = { p50: null, p95: null, p99: null, max: null };
  return {
    drill: drill.name,
    title: drill.title,
    seed,
    spec: { replicationMode: platform.spec.database.replicationMode, set },
    verdict: 'skipped',
    reason,
    startedAt: new Date().toISOString(),
    steps: [],
    workload: {
      rate: 0,
      sent: 0,
      ok: 0,
      failed: 0,
      retried: 0,
      late: 0,
      operations: {},
      latencyMs: { before: nothing, during: nothing, after: nothing },
    },
    recovery: { firstWriteMs: null, writeGapMs: null, goalMs: drill.goalMs(platform.spec) },
    consistency: {
      ...checkLedgers([], new Map()),
      dualPrimaryObservations: 0,
      dualCacheObservations: 0,
    },
    marks: [],
    series: { bucketMs: 250, ok: [], writes: [], failed: [], p50: [], p99: [], max: [] },
    notTested: [],
  };
}
