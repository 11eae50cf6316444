import type { HostService } from '@sbmcrm/cloud';
import { CONFIG_DIR } from '@sbmcrm/cloud/layout';
import { differLive, digest } from './records.ts';
import type { Runtime } from './runtime.ts';

/** A service ends within half a minute, or is killed. */
const TIMEOUT_MS = 45_000;

/**
 * Makes a service take its changed files over: it is told, reloaded or restarted.
 *
 * @param applied digest of what it runs with
 * @throws CommandError where it does not
 */
export async function refresh(
  runtime: Runtime,
  host: string,
  service: HostService,
  applied: string | undefined,
): Promise<void> {
  const folder = `/run/service/${service.name}`;
  if (service.live && differLive(applied ?? '', digest(service))) {
    await runtime.exec(host, ['sh', '-c', service.live.script], TIMEOUT_MS);
    return;
  }
  // The supervisor's scripts are copies in the host's memory: bring the new ones in first.
  const scripts = ['run', ...(service.finish === undefined ? [] : ['finish'])];
  const files = scripts.map((script) => `${CONFIG_DIR}/service/${service.name}/${script}`);
  await runtime.exec(host, ['cp', ...files, folder]);
  if (service.reload === 'HUP') await runtime.exec(host, ['sv', 'hup', folder]);
  else if (service.reload === 'USR2') await runtime.exec(host, ['sv', '2', folder]);
  else await runtime.exec(host, ['sv', '-w', '30', 'force-restart', folder], TIMEOUT_MS);
}
