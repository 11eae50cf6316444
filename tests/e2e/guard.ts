import { spawn } from 'node:child_process';
import { SBMCRM, sbmcrm } from './cli.ts';

const purge = (state: string) => ['down', '--purge', '--state', state];

/**
 * Makes sure that platforms of the tests go away: what killed tests left now, and what these leave when they are killed, by a
 * guardian that outlives them.
 *
 * @param states their state folders
 * @param also a shell's command for what else the tests add to the machine
 * @returns what removes the platforms when the tests are over
 */
export async function guard(states: readonly string[], also: string): Promise<() => Promise<void>> {
  const purgeAll = async () => {
    for (const state of states) await sbmcrm(purge(state));
  };
  await purgeAll();
  // A command of the tests may still run and hold the lock: it is waited for.
  const script =
    'pid=$1; node=$2; cli=$3; shift 3; while kill -0 "$pid" 2>/dev/null; do sleep 1; done;' +
    ' for state; do for try in $(seq 120); do "$node" "$cli" down --purge --state "$state" && break; sleep 1; done; done;' +
    ` ${also}`;
  const args = ['-c', script, 'sh', String(process.pid), process.execPath, SBMCRM, ...states];
  const guardian = spawn('sh', args, { detached: true, stdio: 'ignore' });
  guardian.unref();
  return async () => {
    if (guardian.pid) process.kill(guardian.pid, 'SIGTERM');
    await purgeAll();
  };
}
