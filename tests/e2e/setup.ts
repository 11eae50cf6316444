import { installPackages, missingPackages } from '@sbmcrm/local';
import { guard } from './guard.ts';
import { countLeaks, forgetLeaks, leaks } from './leaks.ts';
import { other, shared } from './platform.ts';

/** Over the whole life of both platforms, their last `down --purge` included. */
const LEAKS = 'sbmtestsuite';

/**
 * Brings the suite's platform up. While working on a test, SBMCRM_TEST_STATE names the state folder of a platform that is
 * up already (on network 10.79.0.0/16) and stays up.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.SBMCRM_TEST_STATE) return undefined;
  const remove = await guard([shared.state, other.state], `nft delete table netdev ${LEAKS}`);
  // Packets are counted from before the first `up`, which would install these on a new machine.
  const missing = missingPackages();
  if (missing.length > 0) await installPackages(missing);
  countLeaks(LEAKS, [shared.network, other.network]);
  const { code, stderr } = await shared.up();
  if (code !== 0) throw new Error(`the platform of the tests did not come up:\n${stderr}`);
  return async () => {
    await remove();
    const packets = leaks(LEAKS);
    forgetLeaks(LEAKS);
    if (packets > 0) throw new Error(`${packets} packets of the platforms left the machine`);
  };
}
