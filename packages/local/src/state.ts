import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ToolError } from '@sbmcrm/errors';
import { createJson, readJson, writeJson } from './machine/files.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './machine/process.ts';

/** Raised when the layout of the state folder changes. */
export const STATE_VERSION = 1;

/** The identity of a platform, fixed when its state folder is made. */
export interface PlatformRecord {
  version: number;
  /** The spec's `platform`; it is part of names inside engines, so that it cannot change later. */
  platform: string;
  network: string;
  /** Port on 127.0.0.1 that leads to the floating address. */
  port: number;
  createdAt: string;
  /** Of the secrets that its data was made with; missing before there are any, and in records of earlier versions. */
  secretsId?: string;
}

/** Where everything of one platform is on this machine. */
export class StatePaths {
  readonly root: string;
  constructor(root: string) {
    this.root = resolve(root);
  }
  get platform(): string {
    return join(this.root, 'platform.json');
  }
  get lock(): string {
    return join(this.root, 'lock');
  }
  /** Text of the spec that `up` last applied. */
  get appliedSpec(): string {
    return join(this.root, 'spec.yaml');
  }
  /** The spec while a session of drills has changed it. */
  get drillSpec(): string {
    return join(this.root, 'drill-spec.yaml');
  }
  /** What that text says, for who reads it again. */
  get parsedSpec(): string {
    return join(this.root, 'spec.json');
  }
  get secrets(): string {
    return join(this.root, 'secrets', 'secrets.json');
  }
  /** {@link CloudTokens}, by what each may do. */
  get cloudTokens(): string {
    return join(this.root, 'secrets', 'cloud-tokens.json');
  }
  /** What the daemon lets out of the platform, and to whom it shows monitoring; 0600. */
  get relay(): string {
    return join(this.root, 'secrets', 'relay.json');
  }
  /** Ports of this machine where the daemon shows parts of the platform. */
  get published(): string {
    return join(this.root, 'published.json');
  }
  /** When Alertmanager said last that alerts work. */
  get alertsAlive(): string {
    return join(this.root, 'alerts-alive.json');
  }
  /** What happened, see {@link appendEvent}. */
  get events(): string {
    return join(this.root, 'events.jsonl');
  }
  /** When a drill showed last that the database fails over, see {@link drilledAtMs}. */
  get drilled(): string {
    return join(this.root, 'drilled.json');
  }
  /** Who had which role when they were last looked at. */
  get roles(): string {
    return join(this.root, 'roles.json');
  }
  /** The last run of each task, and what it said. */
  get tasks(): string {
    return join(this.root, 'tasks');
  }
  /** Names of the tasks that the spec's schedule has. */
  get taskNames(): string {
    return join(this.root, 'task-names.json');
  }
  /** Places of instances that come and go: each is a file. */
  get fleet(): string {
    return join(this.root, 'fleet');
  }
  /** Names of instances that are not wanted any more. */
  get retired(): string {
    return join(this.root, 'retired.json');
  }
  get daemonLog(): string {
    return join(this.root, 'daemon.log');
  }
  get faults(): string {
    return join(this.root, 'faults.json');
  }
  get backends(): string {
    return join(this.root, 'backends.json');
  }
  get hosts(): string {
    return join(this.root, 'hosts');
  }
  host(name: string): HostPaths {
    return new HostPaths(join(this.hosts, name));
  }
}

/** Where the parts of one host are. */
export class HostPaths {
  readonly root: string;
  constructor(root: string) {
    this.root = root;
  }
  get definition(): string {
    return join(this.root, 'definition.json');
  }
  get record(): string {
    return join(this.root, 'record.json');
  }
  /** Mounted at /etc/sbmcrm. */
  get config(): string {
    return join(this.root, 'etc');
  }
  /** Image of the host's disk, mounted at /data. */
  get disk(): string {
    return join(this.root, 'disk.ext4');
  }
  /** Mounted at /data instead, where the machine has no loop devices, and for hosts from before there were images. */
  get data(): string {
    return join(this.root, 'data');
  }
  /** There while the disk holds a ballast that makes it full. */
  get ballast(): string {
    return join(this.root, 'ballast');
  }
  /** What the runtime and the host's first process say; out of the host's reach. */
  get console(): string {
    return join(this.root, 'console.log');
  }
  /** Mounted at /var/log/sbmcrm: the host may put anything there, so nothing of the machine follows a path into it. */
  get log(): string {
    return join(this.root, 'log');
  }
}

/**
 * Reads a platform's record.
 *
 * @returns undefined if the folder holds no platform
 * @throws Error if a newer version of this software wrote it
 */
export function readPlatform(paths: StatePaths): PlatformRecord | undefined {
  const record = readJson<PlatformRecord>(paths.platform);
  if (record && record.version > STATE_VERSION) {
    throw new ToolError(
      'NOT_A_STATE_FOLDER',
      `${paths.root} was written by a newer version of sbmcrm (state version ${record.version}, this one reads up to ${STATE_VERSION}): use that version, or another folder with --state DIR`,
    );
  }
  return record;
}

/** Makes the state folder (0700: it holds secrets) and its record. */
export function createPlatform(paths: StatePaths, platform: string, network: string, port: number): PlatformRecord {
  const record = newRecord(platform, network, port);
  mkdirSync(paths.root, { recursive: true, mode: 0o700 });
  chmodSync(paths.root, 0o700);
  writeJson(paths.platform, record);
  return record;
}

/** A record that is not stored yet. */
export function newRecord(platform: string, network: string, port: number): PlatformRecord {
  return { version: STATE_VERSION, platform, network, port, createdAt: new Date().toISOString() };
}

/** Thrown when another command is changing the same platform. */
export class StateLockedError extends ToolError {
  readonly pid: number;
  constructor(root: string, holder: ProcessIdentity & { command?: string }) {
    super(
      'STATE_LOCKED',
      `${root} is in use by process ${holder.pid}${holder.command ? ` (sbmcrm ${holder.command})` : ''}: wait for it to end, or end it`,
    );
    this.pid = holder.pid;
  }
}

/**
 * Takes the state folder's lock for a command that changes the platform. A lock whose holder is gone is taken over.
 *
 * @returns a function that gives the lock back
 * @throws StateLockedError with the holder's pid
 */
export function lockState(paths: StatePaths, command: string): () => void {
  mkdirSync(paths.root, { recursive: true, mode: 0o700 });
  const own = { ...ownIdentity(), command };
  while (!createJson(paths.lock, own, 0o600)) removeStaleLock(paths, own.pid);
  return () => {
    const holder = readJson<ProcessIdentity>(paths.lock);
    if (holder?.pid === own.pid && holder.startTime === own.startTime) rmSync(paths.lock, { force: true });
    try {
      rmdirSync(paths.root); // a folder made for the lock alone
    } catch {
      // it holds a platform
    }
  };
}

/**
 * Lets this process's own lock say another command for a while: one that is part of it.
 *
 * @returns a function that lets it say the first one again
 */
export function renameLock(paths: StatePaths, command: string): () => void {
  const own = lockHolder(paths);
  if (own?.pid !== process.pid) return () => {};
  writeJson(paths.lock, { ...own, command }, 0o600);
  return () => writeJson(paths.lock, own, 0o600);
}

/** The command that is changing the platform just now; undefined: none does. */
export function lockHolder(paths: Pick<StatePaths, 'lock'>): (ProcessIdentity & { command: string }) | undefined {
  const holder = readJson<ProcessIdentity & { command: string }>(paths.lock);
  return holder && isAlive(holder) ? holder : undefined;
}

/**
 * Takes away the lock of a process that is gone. It is moved aside first and looked at again: between two looks another
 * command may have replaced it by its own.
 */
function removeStaleLock(paths: StatePaths, pid: number): void {
  const holder = lockHolder(paths);
  if (holder) throw new StateLockedError(paths.root, holder);
  const aside = `${paths.lock}.stale.${pid}`;
  try {
    renameSync(paths.lock, aside);
  } catch {
    return; // somebody else was faster
  }
  const moved = readJson<ProcessIdentity>(aside);
  if (moved && isAlive(moved)) linkSync(aside, paths.lock);
  rmSync(aside, { force: true });
}

/** The services of a host, and what each starts by itself, from its definition. @throws Error in one line if there is no such host */
export function definedServices(paths: StatePaths, name: string): { name: string; child?: { name: string } }[] {
  const hosts = storedHosts(paths);
  const definition = hosts.includes(name)
    ? readJson<{ services: { name: string; child?: { name: string } }[] }>(paths.host(name).definition)
    : undefined;
  if (!definition) throw new ToolError('UNKNOWN_HOST', `no host is called "${name}" (there are: ${hosts.join(', ')})`);
  return definition.services;
}

/** Names of the hosts that have a folder. */
export function storedHosts(paths: StatePaths): string[] {
  return existsSync(paths.hosts) ? readdirSync(paths.hosts).sort() : [];
}
