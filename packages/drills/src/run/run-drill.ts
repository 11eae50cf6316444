import { join } from 'node:path';
import { ToolError } from '@sbmcrm/errors';
import { clockMs, type EndedLoad, Load } from '@sbmcrm/load';
import { apiUrl, type Platform, type PlatformStatus, platformStatus, readSecrets } from '@sbmcrm/platform';
import { hostsInRole } from '@sbmcrm/topology';
import { createProbeTable, dropProbeTable } from '../observe/database.ts';
import { WriteObserver } from '../observe/observer.ts';
import { cacheTargets, databaseTargets } from '../observe/targets.ts';
import type { RunReport } from '../report/types.ts';
import { assess } from './judge/assess.ts';
import { readLedgers } from './judge/ledgers.ts';
import { emptyReport } from './judge/result.ts';
import { Looks } from './looks.ts';
import { loadText, RunningTest } from './running-test.ts';
import type { RunSetting } from './setting.ts';
import { underLoad } from './under-load.ts';
import { Watch } from './watch.ts';

/** A platform that has just come up may need a moment more. */
const BEGIN_TIMEOUT_MS = 10_000;
const LOOK_MS = 1000;

/**
 * Runs one drill on a healthy platform and heals it again, whatever happens. Load, checker and healing each fail on their own:
 * what is known then is in the report.
 *
 * @returns its report, with a verdict
 * @throws Error in one line when it cannot begin; Interrupted after healing
 */
export async function runDrill(setting: RunSetting): Promise<RunReport> {
  const { platform, drill } = setting;
  const skip = drill.skip?.(platform);
  if (skip) return emptyReport(setting, 'skipped', skip);
  const before = await healthyStatus(platform, drill.name);
  const startedAt = new Date().toISOString();
  const secrets = readSecrets(platform.paths);
  const credentials = { email: secrets.adminEmail, password: secrets.adminPassword };
  await createProbeTable(await platform.cloud.hostState(before.database.primary ?? ''), secrets);
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
  const looks = new Looks(platform);
  const test = new RunningTest({
    platform,
    before,
    load,
    looks,
    databases,
    progress: setting.progress,
    signal: setting.signal,
  });
  const watch = new Watch(looks, before, () => test.allowed());
  test.left = watch.left;

  try {
    const course = await underLoad(setting, test, load);
    const ended: EndedLoad = await setting.progress.step(`Wait for the last answers: ${loadText(load.figures)}`, () =>
      load.stop(),
    );
    await Promise.all([watch.stop(), databases.stop(), caches.stop()]);
    const ledgers = await setting.progress.step('Read the ledgers', () => readLedgers(platform, ended, credentials));
    return assess({
      setting,
      startedAt,
      course,
      ended,
      ledgers,
      before,
      databases,
      caches,
      steps: test.steps,
      marks: test.marks,
      seen: watch.marks,
      touched: test.touched,
      atMs: clockMs(),
    });
  } finally {
    load.kill();
    await Promise.all([watch.stop(), databases.stop(), caches.stop()]);
    looks.close();
    await forgetProbeTable(platform).catch(() => {}); // a table of a few lines: the next drill takes it away
  }
}

/** @throws Error in one line when the platform is not healthy */
async function healthyStatus(platform: Platform, drill: string): Promise<PlatformStatus> {
  for (const end = performance.now() + BEGIN_TIMEOUT_MS; ; ) {
    const status = await platformStatus(platform);
    if (status.state === 'healthy') return status;
    if (performance.now() > end || status.state === 'down') {
      const reasons = status.reasons.join('; ');
      throw new ToolError(
        'NOT_HEALTHY',
        `drill ${drill}: the platform is ${status.state} (${reasons}): mend it first, e.g. with \`sbmcrm up\``,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function forgetProbeTable(platform: Platform): Promise<void> {
  const { database } = await platformStatus(platform);
  if (!database.primary) return;
  await dropProbeTable(await platform.cloud.hostState(database.primary), readSecrets(platform.paths));
}
