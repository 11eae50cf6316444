import { spawn } from 'node:child_process';
import { SBMCRM } from './cli.ts';
import { shared } from './platform.ts';

/**
 * Brings the suite's platform up, and makes sure that it goes away: also when the tests are killed, by a guardian that
 * outlives them. While working on a test, SBMCRM_TEST_STATE names the state folder of a platform that is up already (on
 * network 10.79.0.0/16) and stays up.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.SBMCRM_TEST_STATE) return undefined;
  const purge = ['down', '--purge', '--state', shared.state];
  await shared.run('down', '--purge'); // what a killed machine left
  const guardian = spawn(
    'sh',
    [
      '-c',
      'while kill -0 "$1" 2>/dev/null; do sleep 1; done; shift; exec "$@"',
      'sh',
      String(process.pid),
      process.execPath,
      SBMCRM,
      ...purge,
    ],
    { detached: true, stdio: 'ignore' },
  );
  guardian.unref();
  const { code, stderr } = await shared.up();
  if (code !== 0) throw new Error(`the platform of the tests did not come up:\n${stderr}`);
  return async () => {
    if (guardian.pid) process.kill(guardian.pid, 'SIGTERM');
    await shared.run('down', '--purge');
  };
}
