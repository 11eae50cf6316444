import { daemonRecord, type ProcessIdentity } from '@sbmcrm/local';
import { planNetwork } from '@sbmcrm/topology';
import type { TestPlatform } from './platform.ts';

/** The daemon of a platform's local cloud as it is now. @throws Error if none ever ran */
export function daemonOf(platform: TestPlatform): ProcessIdentity & { supervisor: ProcessIdentity } {
  const record = daemonRecord(planNetwork(platform.network));
  if (!record) throw new Error(`${platform.state}: no daemon has run`);
  return record;
}

/** kill -9 of the daemon. Its supervisor starts another one, unless it is ended first. */
export function killDaemon(platform: TestPlatform, { forGood = false } = {}): void {
  const { pid, supervisor } = daemonOf(platform);
  if (forGood) process.kill(supervisor.pid, 'SIGKILL');
  process.kill(pid, 'SIGKILL');
}
