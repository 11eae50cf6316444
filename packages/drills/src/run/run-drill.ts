import { join } from 'node:path';
import { clockMs, type EndedLoad, Load } from '@sbmcrm/load';
import { apiUrl, readSecrets } from '@sbmcrm/platform';
import type { RunReport } from '@sbmcrm/report';
import { expectedOn } from '../alerts/expected.ts';
import { RunAlerts } from '../alerts/run-alerts.ts';
import { Observation } from '../observe/observation.ts';
import { healthyStatus } from './healthy.ts';
import { assess } from './judge/assess.ts';
import { readLedgers } from './judge/ledgers.ts';
import { emptyReport } from './judge/result.ts';
import { loadText, RunningTest } from './running-test.ts';
import type { RunSetting } from './setting.ts';
import { underLoad } from './under-load.ts';

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
  const before = await healthyStatus(platform, `drill ${drill.name}`);
  const startedAt = new Date().toISOString();
  const secrets = readSecrets(platform.paths);
  const credentials = { email: secrets.adminEmail, password: secrets.adminPassword };
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
  let test: RunningTest | undefined;
  const observation = await Observation.begin(platform, before, () => test?.allowed()).catch((error) => {
    load.kill();
    throw error;
  });
  const { looks, databases, caches, watch } = observation;
  const { progress, signal } = setting;
  const expected = expectedOn({ platform }, drill.alerts({ before, platform }), setting.mayRefuse);
  const alerts = await RunAlerts.begin({ platform, drill: drill.name, expected }).catch(async (error) => {
    load.kill();
    await observation.close();
    throw error;
  });
  test = new RunningTest({ platform, before, seed: setting.seed, load, looks, databases, progress, signal });
  test.left = watch.left;

  try {
    const course = await underLoad(setting, test, load, alerts);
    const ended: EndedLoad = await setting.progress.step(`Wait for the last answers: ${loadText(load.figures)}`, () =>
      load.stop(),
    );
    await observation.stop();
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
      ...(alerts ? { alerts: alerts.found(course.moments.faultMs) } : {}),
      atMs: clockMs(),
    });
  } finally {
    load.kill();
    await alerts?.close(test.faultMs);
    await observation.close();
  }
}
