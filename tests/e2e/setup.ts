import { spawn } from 'node:child_process';
import { installPackages, missingPackages } from '@sbmcrm/local';
import { SBMCRM, sbmcrm } from './cli.ts';
import { countLeaks, forgetLeaks, leaks } from './leaks.ts';
import { other, STATE_FOLDERS, shared } from './platform.ts';

/** Over the whole life of both platforms, their last `down --purge` included. */
const LEAKS = 'sbmtestsuite';

const purge = (state: string) => ['down', '--purge', '--state', state];

/**
 * Brings the suite's platform up, and makes sure that all platforms of the tests go away: also when the tests are killed, by
 * a guardian that outlives them. While working on a test, SBMCRM_TEST_STATE names the state folder of a platform that is
 * up already (on network 10.79.0.0/16) and stays up.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.SBMCRM_TEST_STATE) return undefined;
  for (const state of STATE_FOLDERS) await sbmcrm(purge(state)); // what a killed machine left
  // A command of the tests may still run and hold the lock: it is waited for.
  const script =
    'pid=$1; node=$2; cli=$3; shift 3; while kill -0 "$pid" 2>/dev/null; do sleep 1; done;' +
    ' for state; do for try in $(seq 120); do "$node" "$cli" down --purge --state "$state" && break; sleep 1; done;' +
    // What machine.test.ts adds to the machine.
    ' umount --lazy "$state" 2>/dev/null; rm -f "$(dirname "$state")/small.img"; done; nft delete table netdev sbmtestleaks; nft delete table netdev sbmtestsuite;' +
    ' nft delete table inet sbmtestdocker; ip link delete sbmtestvpn; ip rule delete pref 2999';
  const args = ['-c', script, 'sh', String(process.pid), process.execPath, SBMCRM, ...STATE_FOLDERS];
  const guardian = spawn('sh', args, { detached: true, stdio: 'ignore' });
  guardian.unref();
  // Packets are counted from before the first `up`, which would install these on a new machine.
  const missing = missingPackages();
  if (missing.length > 0) await installPackages(missing);
  countLeaks(LEAKS, [shared.network, other.network]);
  const { code, stderr } = await shared.up();
  if (code !== 0) throw new Error(`the platform of the tests did not come up:\n${stderr}`);
  return async () => {
    if (guardian.pid) process.kill(guardian.pid, 'SIGTERM');
    for (const state of STATE_FOLDERS) await sbmcrm(purge(state));
    const packets = leaks(LEAKS);
    forgetLeaks(LEAKS);
    if (packets > 0) throw new Error(`${packets} packets of the platforms left the machine`);
  };
}
