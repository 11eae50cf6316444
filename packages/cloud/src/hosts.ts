/** How long a host's services may take to end, unless it is said, in milliseconds. */
export const STOP_TIMEOUT_MS = 8000;

/**
 * Hosts: an address, files and processes to supervise. Nothing is known here of what the processes are. Every call may be made again
 * when nobody knows how it ended.
 *
 * What hosts do not promise: that a host which is `running` works, that two hosts agree on the time, or that a stopped one was stopped
 * by whoever asks.
 */
export interface Hosts {
  /**
   * Defines a host, or redefines it: its files are replaced. Starts nothing.
   *
   * @returns the services that run with another configuration than this one, until they are refreshed
   */
  createHost(definition: HostDefinition): Promise<{ created: boolean; changed: string[] }>;
  /** What {@link Hosts.createHost} would find. Changes nothing. */
  compareHost(definition: HostDefinition): Promise<Comparison>;
  /**
   * Starts a stopped host. No effect on a running one.
   *
   * @param options.fence a fence's token: lifts that fence first. Without it, or with another one's, a fenced host stays down: whoever
   *   does not know of a fence cannot end it, nor one that came after the fence that he knows of
   * @throws CloudError FENCED
   */
  startHost(name: string, options?: { fence?: string | undefined }): Promise<void>;
  /**
   * Stops a host in good order: services are asked to end, then the rest is killed. No effect on a stopped one.
   *
   * @param options.timeoutMs how long services may take; default {@link STOP_TIMEOUT_MS}
   */
  stopHost(name: string, options?: { timeoutMs?: number }): Promise<void>;
  /** Stops a host and forgets it with its disk. */
  deleteHost(name: string): Promise<void>;
  /**
   * Makes sure that a host can do nothing any more, until the fence is lifted by {@link Hosts.startHost}: data link down, processes
   * killed, control group read back empty.
   *
   * @param token names the decision; the same token again returns the first confirmation instead of fencing twice, also once its fence
   *   was lifted or followed by another one
   * @returns when the empty control group was seen
   */
  fence(name: string, token: string): Promise<{ confirmedAt: string }>;
  hostState(name: string): Promise<HostStatus>;
  listHosts(): Promise<HostStatus[]>;
  /** Starts a supervised process that somebody has stopped. No effect on a running one. */
  startService(host: string, service: string): Promise<void>;
  /** Makes one supervised process take over its changed configuration: a reload where it can, else a restart. */
  refreshService(host: string, service: string): Promise<void>;
}

/** A decision that a host can do nothing any more. */
export interface Fence {
  token: string;
  /** When nothing of the host was left, as ISO 8601. */
  confirmedAt: string;
}

/** A definition against what there is. */
export interface Comparison {
  /** There is such a host. */
  isKnown: boolean;
  /** It was never started, so that nothing is on its disk. */
  isNew: boolean;
  /** It is defined in another way, or not at all. */
  isOther: boolean;
  /** Services that run with another configuration. */
  changed: string[];
  /** Those of them that take it over without a restart. */
  reloads: string[];
  /** It was started with other services, which only its next start changes. */
  mustRestart: boolean;
  /** It runs the code of another folder than this one, or of one that was deleted, until its next start. */
  otherCode?: true;
}

/** A file below the host's configuration folder. */
export interface HostFile {
  path: string;
  content: string;
  owner: string;
  mode: number;
}

export interface HostService {
  name: string;
  /** Run script for the supervisor. */
  run: string;
  /** Script for what is left to do whenever the process has ended, however it did: also before it is started again. */
  finish?: string | undefined;
  /** The signal on which the process takes over changed files; without one it is restarted. */
  reload?: 'HUP' | 'USR2';
  live?: LiveFiles | undefined;
  files: HostFile[];
  /** A process that this one starts and restarts by itself: listed, and broken on purpose, as a service of its own. */
  child?: ChildProcess | undefined;
}

/** Files of a service that it takes over while it runs. Where nothing else of it changed it is not reloaded, but told. */
export interface LiveFiles {
  /** Their paths. */
  files: string[];
  /** What tells it, run inside the host as root. It must be fit to run again, and fail where the service did not take them over. */
  script: string;
}

export interface ChildProcess {
  name: string;
  /** Below `/data`; its first line is the process's number inside the host. */
  pidFile: string;
  /** What the kernel calls it. */
  command: string;
}

export interface HostDefinition {
  name: string;
  /** A zone is in one region. */
  region: string;
  zone: string;
  address: string;
  managementAddress: string;
  services: HostService[];
  /** Content of `/etc/hosts`. */
  hosts: string;
  /** May configure its own network (floating addresses). */
  networkAdmin: boolean;
  /** Sees the project's code, read-only. */
  code: boolean;
  size: HostSize;
}

/** What a host may use. */
export interface HostSize {
  /** Its share of the processors when all are busy, against the other hosts. */
  cpus: number;
  /** Bytes; past this its own processes end. */
  memory: number;
  /** Bytes that its disk holds. A disk that there is grows to it when the host starts, and never shrinks. */
  disk: number;
  /** It does little, and all others wait for it: its share counts several times. */
  urgent?: boolean | undefined;
  /** It never gets more than its processors, also while nobody else wants them. */
  limited?: boolean | undefined;
}

export type HostState = 'running' | 'stopped' | 'isolated' | 'paused' | 'fenced';

export interface ServiceStatus {
  name: string;
  state: 'up' | 'down';
  /** Inside the host; null when down. */
  pid: number | null;
  /** Another service of the host starts it. */
  startedBy?: string;
}

export interface HostStatus {
  name: string;
  region: string;
  zone: string;
  address: string;
  managementAddress: string;
  /** Every address that the host has now, floating ones too; empty when stopped. */
  addresses: string[];
  state: HostState;
  services: ServiceStatus[];
  /** What holds it down; missing without a fence. */
  fence?: Fence;
  /** Its disk takes no writes any more, after an error of the machine's: it needs to be started again. */
  diskFailed: boolean;
  /** Its disk was deleted while it ran: it goes on, and when it ends all that is on it is gone. */
  diskGone?: true;
  /** The host's first process on this machine; null when stopped. */
  initPid: number | null;
}
