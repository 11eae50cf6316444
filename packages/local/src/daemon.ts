import { readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PORTS, planNetwork } from '@sbmcrm/topology';
import { createServer } from './api/server.ts';
import { BackendRegistry } from './backends.ts';
import { FaultInjector } from './faults/injector.ts';
import { loadFirewall, renderFirewall } from './firewall.ts';
import { HostManager } from './host/manager.ts';
import { Runtime } from './host/runtime.ts';
import { cachedImage } from './image.ts';
import { codeVersion } from './machine/code-version.ts';
import { readJson, writeJson } from './machine/files.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './machine/process.ts';
import type { DaemonRecord } from './start-daemon.ts';
import { readPlatform, StatePaths } from './state.ts';

/**
 * The local cloud's daemon. Started by `startDaemon` and never by hand; it keeps nothing in memory that is not on disk,
 * so that it may die at any moment and another one takes up its work.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { state: { type: 'string' }, code: { type: 'string' } },
  });
  const paths = new StatePaths(values.state ?? '');
  const platform = readPlatform(paths);
  const image = cachedImage();
  if (!platform || !image) throw new Error(`${paths.root}: there is no platform, or its image is gone`);
  const running = readJson<ProcessIdentity>(paths.daemon);
  if (running && isAlive(running)) throw new Error(`the local cloud runs already (process ${running.pid})`);

  const plan = planNetwork(platform.network);
  const runtime = new Runtime(plan);
  const hosts = new HostManager({ plan, paths, image, codeRoot: values.code ?? '', runtime });
  const faults = new FaultInjector({
    plan,
    hosts,
    paths,
    applyFirewall: (drops) => loadFirewall(renderFirewall(plan, platform.port, PORTS.http, drops)),
  });
  hosts.onStarted = (name) => faults.hostStarted(name);
  const backends = new BackendRegistry(hosts, paths);

  const close = async () => {
    faults.close();
    backends.close();
    rmSync(paths.daemon, { force: true });
    await server.close();
    process.exit(0);
  };
  const token = readFileSync(paths.cloudToken, 'utf8').trim();
  const server = createServer({ hosts, faults, backends, token });
  await server.listen({ host: plan.management.gateway, port: PORTS.cloudApi });
  // Only now: the address is taken, so no other daemon works on this network.
  await faults.resume();
  backends.start();
  writeJson(paths.daemon, { ...ownIdentity(), code: codeVersion() } satisfies DaemonRecord);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void close());
}

await main().catch((error: Error) => {
  console.error(`${new Date().toISOString()} ${error.message}`);
  process.exit(1);
});
