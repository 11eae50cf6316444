/**
 * Places behind the load balancers. What is attached stays so, whatever restarts, and whether it is healthy or not: that is for the load
 * balancers to find out.
 */
export interface Targets {
  /** Puts an API server behind every load balancer, drains it (no new sessions), or takes it away. */
  attachBackend(name: string, address: string, port: number): Promise<void>;
  drainBackend(name: string): Promise<void>;
  detachBackend(name: string): Promise<void>;
  listBackends(): Promise<BackendStatus[]>;
}

export type BackendState = 'healthy' | 'unhealthy' | 'draining';

export interface BackendStatus {
  name: string;
  state: BackendState;
  /** What each load balancer that answered says, e.g. `{ "lb-a": "healthy" }`. */
  seenBy: Record<string, BackendState>;
}
