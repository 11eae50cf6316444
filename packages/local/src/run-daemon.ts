import { rmSync } from 'node:fs';
import module from 'node:module';
import type { CloudTokens, HostStatus } from '@sbmcrm/cloud';
import { createServer } from '@sbmcrm/cloud/server';
import { type NetworkPlan, PORTS, planNetwork } from '@sbmcrm/topology';
import { drilledAtMs } from './drilled.ts';
import { appendEvent, type PlatformEvent } from './events.ts';
import { FaultInjector } from './faults/injector.ts';
import { loadSwitchFirewall, renderSwitchFirewall } from './firewall.ts';
import { Booting } from './host/limits/booting.ts';
import { withHostSocket } from './host/limits/reach.ts';
import { hostUsage } from './host/limits/usage.ts';
import { weighHost } from './host/limits/weight.ts';
import { HostManager } from './host/manager.ts';
import { Runtime } from './host/runtime.ts';
import { keepTrimmed } from './host/trim.ts';
import { cachedImage, type ImageRecipe } from './image.ts';
import { boundLog, readJson, writeJson } from './machine/files.ts';
import { identityOf, ownIdentity } from './machine/process.ts';
import { type Backends, LocalProvider } from './provider.ts';
import { networkHolder } from './registry.ts';
import { type DaemonRecord, daemonFile, runningDaemon } from './start-daemon.ts';
import { readPlatform, type StatePaths } from './state.ts';
import { LocalTasks } from './tasks.ts';

/** Past this the log begins anew, and the one before is kept; looked at as often as this. */
const LOG_BYTES = 2_000_000;
const LOG_INTERVAL_MS = 60_000;
/** Where services have their sockets. */
const RUN = '/run';

export interface DaemonSetting {
  paths: StatePaths;
  /** The project's folder, which some hosts see. */
  codeRoot: string;
  /** The version of its own code. */
  code: string;
  /** The process that starts it again. */
  supervisor: number;
  recipe: ImageRecipe;
  /** What keeps the list of places behind the load balancers. */
  backends: (hosts: HostsOfDaemon) => Backends;
  /** The command that does a task of the schedule. */
  task: (name: string, due: string) => readonly string[];
  /** What else it does, once nobody else has the network. */
  relay: { start(plan: NetworkPlan): Promise<void>; close(): void };
  roles: (hosts: HostsOfDaemon) => { start(plan: NetworkPlan): void; close(): void };
}

/** What the parts that a daemon is given may do with hosts. */
export interface HostsOfDaemon {
  list(): Promise<HostStatus[]>;
  /** See {@link withHostSocket}. @param path inside the host, below `/run` */
  withSocket<T>(host: HostStatus, path: string, call: (socket: string) => Promise<T>): Promise<T>;
}

/**
 * The local cloud's daemon. It keeps nothing in memory that is not on disk, so that it may die at any moment and another one takes up
 * its work.
 *
 * @throws Error in one line when it cannot begin
 */
export async function runDaemon(setting: DaemonSetting): Promise<void> {
  process.umask(0o022); // hosts' users read what is written for them
  const { paths } = setting;
  boundLog(paths.daemonLog, LOG_BYTES);
  setInterval(() => boundLog(paths.daemonLog, LOG_BYTES), LOG_INTERVAL_MS).unref();
  const platform = readPlatform(paths);
  const image = cachedImage(setting.recipe);
  if (!platform || !image) throw new Error(`${paths.root}: there is no platform, or its image is gone`);
  const plan = planNetwork(platform.network);
  const running = runningDaemon(plan);
  if (running) throw new Error(`the local cloud runs already (process ${running.pid})`);
  const tokens = readJson<CloudTokens>(paths.cloudTokens);
  if (!tokens) throw new Error(`${paths.cloudTokens} is missing: run \`sbmcrm up\``);
  const runtime = new Runtime(plan);
  const hosts = new HostManager({ plan, paths, image, codeRoot: setting.codeRoot, runtime });
  const faults = new FaultInjector({
    plan,
    hosts,
    paths,
    applyFirewall: (drops) => loadSwitchFirewall(plan, renderSwitchFirewall(plan, drops)),
  });
  const booting = new Booting({
    definitions: () => hosts.definitions(),
    running: async () =>
      [...(await runtime.list()).values()].flatMap(({ id, status }) => (status === 'running' ? [id] : [])),
    weigh: (name, part) => {
      const known = hosts.definitions().find((each) => each.name === name);
      if (known) weighHost(plan, name, known.size, part);
    },
  });
  hosts.onStarted = (name) => {
    faults.hostStarted(name);
    void booting.started(name).catch((error: Error) => console.error(`${name} has its whole share: ${error.message}`));
  };
  const hostsOfDaemon: HostsOfDaemon = {
    list: async () => hosts.statuses(new Set()),
    withSocket: ({ initPid }, path, call) => withHostSocket(initPid ?? 0, RUN, path.slice(RUN.length), call),
  };
  const backends = setting.backends(hostsOfDaemon);
  const roles = setting.roles(hostsOfDaemon);

  const usage = () =>
    hostUsage(plan, hosts.definitions(), new Map([...runtime.look()].map(([name, { pid }]) => [name, pid])));
  const note = (event: Omit<PlatformEvent, 'at'>) => {
    try {
      appendEvent(paths, event);
    } catch (error) {
      console.error(`an event was not kept: ${(error as Error).message}`); // a full disk holds nobody up
    }
  };
  const close = async () => {
    faults.close();
    booting.close();
    backends.close();
    setting.relay.close();
    roles.close();
    clearInterval(trimming);
    rmSync(daemonFile(plan), { force: true });
    await server.close();
    process.exit(0);
  };
  const server = createServer(
    new LocalProvider({
      hosts,
      faults,
      backends,
      usage,
      drilledAtMs: () => drilledAtMs(paths),
      tasks: new LocalTasks(paths, setting.task),
      note,
      paths,
    }),
    tokens,
  );
  await server.listen({ host: plan.management.gateway, port: PORTS.cloudApi });
  // Only now: the address is taken, so no other daemon works on this network.
  await faults.resume();
  await booting.settle();
  backends.start();
  // Without it all else goes on; nobody is told of anything then, which `status` says.
  await setting.relay.start(plan).catch((error: Error) => console.error(`the relay does not work: ${error.message}`));
  roles.start(plan);
  const trimming = keepTrimmed(hosts, paths.root);
  // `down` in another process may have ended the platform meanwhile: its folder in /run is not made anew.
  if (networkHolder(platform.network) !== paths.root) process.exit(0);
  // Its supervisor was killed while this one started: whoever starts the next one must not wait for either.
  if (process.ppid !== setting.supervisor) throw new Error('the supervisor is gone');
  const record: DaemonRecord = {
    ...ownIdentity(),
    code: setting.code,
    codeRoot: setting.codeRoot,
    supervisor: identityOf(process.ppid),
  };
  writeJson(daemonFile(plan), record);
  module.flushCompileCache(); // a daemon that is killed could not do so
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void close());
}
