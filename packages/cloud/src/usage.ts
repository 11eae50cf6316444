/** What one running host has used so far, by the accounts of its provider: of the host alone, not of what else runs beside it. */
export interface HostUsage {
  name: string;
  zone: string;
  /** Processor time since the host started. */
  cpuSeconds: number;
  /** Processors that it may use at once. */
  cpus: number;
  /** Memory in use without what the kernel would give back at once, and the limit, in bytes. */
  memory: { used: number; limit: number };
  /** Its disk, in bytes; reading and writing since the disk was attached. Missing: nobody can tell. */
  disk?: { size: number; free: number; read?: number; written?: number };
  /** By network, since the host started, in bytes. */
  network: { name: string; received: number; sent: number }[];
}
