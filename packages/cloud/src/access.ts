import type { HostStatus } from './hosts.ts';
import type { HostUsage } from './usage.ts';

/** A program of this machine with its arguments, for a caller that gives it its own terminal. */
export interface ProgramCall {
  program: string;
  args: string[];
}

/** What a disk holds and what is left of it, in bytes. */
export interface DiskRoom {
  size: number;
  free: number;
}

/**
 * Ways into hosts that a provider may have: a managed service has no shell, and a host elsewhere no socket on this machine. Callers ask
 * whether one is there, and say so where it is not.
 */
export interface HostAccess {
  /** A small file from a host's disk, also while the host is stopped; null if there is none. @param path below `/data` */
  readDisk?(host: string, path: string): Promise<string | null>;
  /**
   * What runs a command inside a running host.
   *
   * @param terminal whether the caller has one
   * @throws CloudError 404 UNKNOWN_HOST; 409 NOT_RUNNING
   */
  exec?(host: string, command: readonly string[], terminal: boolean): Promise<ProgramCall>;
  /**
   * What prints the end of a host's logs, also while the host is stopped, and while the cloud itself does not answer.
   *
   * @param service of it alone; missing: of all, and what the host's own start said
   * @param options.lines how many of each log, at most. options.isNamed: each log's lines stand below `==> SERVICE/FILE <==`, also of
   * what was put away, and without what the host's own start said
   * @returns undefined if nothing was said yet
   * @throws CloudError 404 UNKNOWN_HOST, UNKNOWN_SERVICE
   */
  logs?(
    host: string,
    service: string | undefined,
    options: { lines: number; follow: boolean; isNamed?: boolean },
  ): ProgramCall | undefined;
  /** Where this machine sees the file system of a host, its sockets included, as long as the host runs; undefined: it does not run. */
  root?(host: Pick<HostStatus, 'initPid'>): string | undefined;
  /** Room on the disk of a host, in bytes, as long as it runs; undefined: it does not run, or nobody can tell. */
  room?(host: Pick<HostStatus, 'initPid'>): DiskRoom | undefined;
  /** What every running host has used so far. */
  usage?(): Promise<HostUsage[]>;
  /** When a drill showed last that the database fails over, in milliseconds since the epoch; before the first one when the platform was made. */
  drilledAtMs?(): number;
  /** Processor time that each running host has used so far, in seconds, by name. */
  cpuSeconds?(): Map<string, number>;
}
