import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { HostSize } from '@sbmcrm/cloud';
import { ToolError } from '@sbmcrm/errors';
import type { NetworkPlan } from '@sbmcrm/topology';
import { CommandError, run } from '../machine/exec.ts';
import { waitUntil } from '../machine/process.ts';
import { type ContainerState, readContainers } from './containers.ts';
import { holdDisk } from './disk.ts';
import { weighPlatforms } from './limits/weight.ts';
import { cgroupPath, cpuShares, memoryLimit } from './oci/oci.ts';

/** Folder that lives as long as the machine is up: runc's records, bundles, the registry of platforms. */
export const RUNTIME_ROOT = '/run/sbmcrm';

export function runtimeDir(plan: NetworkPlan): string {
  return join(RUNTIME_ROOT, plan.id);
}

/** Thin wrapper of runc for one platform's containers. */
export class Runtime {
  readonly plan: NetworkPlan;
  constructor(plan: NetworkPlan) {
    this.plan = plan;
  }

  get #root(): string {
    return join(runtimeDir(this.plan), 'runc');
  }

  bundle(host: string): string {
    return join(runtimeDir(this.plan), 'bundles', host);
  }

  #runc(args: string[], timeoutMs?: number): Promise<string> {
    return run('runc', ['--root', this.#root, ...args], timeoutMs ? { timeoutMs } : {});
  }

  /** Every container of the platform by host name, for those who only look: no process is started. */
  look(): Map<string, ContainerState> {
    return readContainers(this.#root);
  }

  /** Every container of the platform by host name, as runc tells: before something is done to one. */
  async list(): Promise<Map<string, ContainerState>> {
    if (!existsSync(this.#root)) return new Map();
    for (let attempt = 1; ; attempt++) {
      try {
        const containers = (JSON.parse(await this.#runc(['list', '--format', 'json'])) ?? []) as ContainerState[];
        return new Map(containers.map((container) => [container.id, container]));
      } catch (error) {
        // runc reads one folder after the other, and fails over one that is deleted meanwhile.
        const vanished = error instanceof CommandError && /no such file or directory|does not exist/.test(error.stderr);
        if (!vanished || attempt === 10) throw error;
      }
    }
  }

  /** Starts a host from its bundle; returns once its first process runs. `consoleLog` takes what runc and init say. */
  async start(host: string, consoleLog: string): Promise<void> {
    mkdirSync(this.#root, { recursive: true, mode: 0o700 });
    const log = openSync(consoleLog, 'a', 0o600);
    try {
      await new Promise<void>((resolve, reject) => {
        // Standard streams are inherited by the container, so they must not be pipes to us: hosts outlive this process.
        const child = spawn('runc', ['--root', this.#root, 'run', '--detach', '--bundle', this.bundle(host), host], {
          stdio: ['ignore', log, log],
          detached: true,
        });
        child.on('error', reject);
        child.on('close', (code) => {
          if (code === 0) return resolve();
          const last = readFileSync(consoleLog, 'utf8').trim().split('\n').at(-1);
          reject(new ToolError('HOST_FAILED', `host ${host} did not start: ${last ?? `runc ended with ${code}`}`));
        });
      });
    } finally {
      closeSync(log);
    }
    weighPlatforms(this.plan);
  }

  /** Runs a command inside a running host and returns its output. */
  async exec(host: string, command: readonly string[], timeoutMs?: number): Promise<string> {
    return this.#runc(['exec', host, ...command], timeoutMs);
  }

  /** Arguments of a `runc` call that runs a command inside a host with the caller's terminal. */
  interactiveArgs(host: string, command: readonly string[], terminal: boolean): string[] {
    return ['--root', this.#root, 'exec', ...(terminal ? ['--tty'] : []), host, ...command];
  }

  /** Changes what a running host may use. @throws Error where it uses more memory already than it is to have */
  async resize(host: string, size: HostSize): Promise<void> {
    const { limit, swap } = memoryLimit(size, limitsSwap());
    // Version 1 refuses a limit below what is used; version 2 would end processes until it fits.
    if (this.#memoryUsed(host) > limit) throw new Error(`it uses more than ${limit} bytes of memory`);
    const memory = ['--memory', `${limit}`, ...(swap === undefined ? [] : ['--memory-swap', `${swap}`])];
    await this.#runc(['update', ...memory, '--cpu-share', `${cpuShares(size)}`, host]);
    weighPlatforms(this.plan);
  }

  #memoryUsed(host: string): number {
    const path = cgroupPath(this.plan, host);
    for (const file of [`memory${path}/memory.usage_in_bytes`, `${path}/memory.current`]) {
      const full = join('/sys/fs/cgroup', file);
      if (existsSync(full)) return Number(readFileSync(full, 'latin1'));
    }
    return 0;
  }

  async pause(host: string): Promise<void> {
    await this.#runc(['pause', host]);
  }

  async resume(host: string): Promise<void> {
    await this.#runc(['resume', host]);
  }

  /**
   * Kills every process of a host and removes the container. A frozen host is thawed by the kill.
   *
   * @returns once the control group was read back empty
   * @throws Error if processes are still there after 10 s
   */
  async destroy(host: string): Promise<void> {
    const state = (await this.list()).get(host);
    const release = await holdDisk(state?.pid);
    try {
      await this.#destroy(host, state);
    } finally {
      release();
    }
    this.#removeCgroup(cgroupPath(this.plan, host));
    rmSync(this.bundle(host), { recursive: true, force: true });
  }

  async #destroy(host: string, state: ContainerState | undefined): Promise<void> {
    this.#killAll(host);
    // A frozen process does not die; thawed with the signal pending, it dies before its next instruction. Where the
    // kernel kills frozen processes too (control groups version 2) there may be nothing left to thaw.
    if (state?.status === 'paused') await this.resume(host).catch(() => {});
    // Also where `list` shows nothing: runc killed while it made a container leaves a folder in the way of the next.
    if (existsSync(join(this.#root, host))) await this.#runc(['delete', '--force', host], 15_000);
    const isEmpty = () => {
      this.#killAll(host);
      return this.processes(host).length === 0;
    };
    if (!(await waitUntil(isEmpty, 10_000, 10))) {
      throw new Error(`host ${host}: processes ${this.processes(host).join(', ')} survive SIGKILL`);
    }
  }

  #killAll(host: string): void {
    for (const pid of this.processes(host)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  /** Processes in a host's control group, as pids of this machine. */
  processes(host: string): number[] {
    const pids = new Set<number>();
    for (const hierarchy of cgroupHierarchies()) {
      try {
        const text = readFileSync(join(hierarchy, cgroupPath(this.plan, host), 'cgroup.procs'), 'latin1');
        for (const line of text.split('\n')) if (line) pids.add(Number(line));
      } catch (error) {
        // Not there is empty; not readable is not.
        if (!['ENOENT', 'ENODEV', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
    return [...pids];
  }

  /** Removes what the platform leaves below /run and in the control groups, once every host is gone. */
  cleanUp(): void {
    this.#removeCgroup(`/sbmcrm/${this.plan.id}`);
    this.#removeCgroup('/sbmcrm');
    rmSync(runtimeDir(this.plan), { recursive: true, force: true });
    try {
      rmdirSync(RUNTIME_ROOT);
    } catch {
      // another platform is there
    }
  }

  #removeCgroup(path: string): void {
    for (const hierarchy of cgroupHierarchies()) {
      try {
        rmdirSync(join(hierarchy, path));
      } catch {
        // not there, or another platform's hosts are below it
      }
    }
  }
}

/** Whether this kernel's control groups count swap; without, a limit of it is refused. */
export function limitsSwap(): boolean {
  return ['memory/memory.memsw.limit_in_bytes', 'cgroup.controllers'].some((file) =>
    existsSync(join('/sys/fs/cgroup', file)),
  );
}

/** Mount points of every control group hierarchy: one on version 2, several on version 1 and hybrid machines. */
function cgroupHierarchies(): string[] {
  const root = '/sys/fs/cgroup';
  if (existsSync(join(root, 'cgroup.procs'))) return [root];
  return existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : [];
}
