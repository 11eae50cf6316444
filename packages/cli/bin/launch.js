// Plain JavaScript on purpose: it must run on any Node.js and find the one that the lock file pins.
import { spawn } from 'node:child_process';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

/** Compiled code is kept here: a command then starts in a third of the time. `npm ci` empties it. */
const COMPILE_CACHE = fileURLToPath(new URL('../../../node_modules/.cache/sbmcrm', import.meta.url));

/**
 * Runs a command's TypeScript: in this process if it is new enough, else in the Node.js of this folder.
 *
 * @param {string} name the command's, for its errors
 * @param {URL} main its entry
 */
export async function launch(name, main) {
  const [major] = process.versions.node.split('.').map(Number);
  if (major >= 24) {
    // Where the folder cannot be written nothing is kept, and nothing else changes.
    module.enableCompileCache(COMPILE_CACHE);
    await import(main.href);
    return;
  }
  let runtime;
  try {
    runtime = module.createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
  } catch {
    console.error(`${name}: Node.js 24 is not installed in this folder (this is ${process.version}): run \`npm ci\``);
    process.exit(1);
  }
  // The same script again, so that the new process keeps compiled code too.
  const child = spawn(runtime, process.argv.slice(1), { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both; this one waits for the other to finish its work.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
}
