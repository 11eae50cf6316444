import { Guard } from './guard.ts';

/**
 * The guard of a database server, as the server's own user:
 *
 *   main.ts PIPE NOTE TIMEOUT_MS
 */
const [pipe = '', note = '', timeout = ''] = process.argv.slice(2);
const timeoutMs = Number(timeout);
if (!pipe || !note || !(timeoutMs > 0)) throw new Error('usage: main.ts PIPE NOTE TIMEOUT_MS');
// It ends every process that it may: for root that is all of the host.
if (process.getuid?.() === 0) throw new Error('the guard runs as the user of the server that it may kill, not as root');

/** Often enough to be in time, and seldom enough to cost nothing. */
const LOOK_MS = 500;

const guard = new Guard({
  pipe,
  note,
  timeoutMs,
  // All processes of this user in this host but this one, in one system call: none is left to answer in between.
  kill: () => {
    try {
      process.kill(-1, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  },
  log: (message) => console.log(message),
});
setInterval(() => guard.look(), LOOK_MS);
