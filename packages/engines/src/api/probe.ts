import { probeHttp } from '@sbmcrm/http';
import type { Host } from '@sbmcrm/topology';

/** An API server's answer at the path that the load balancers check. */
export interface HealthAnswer {
  name: string;
  /** Null: no answer in time. */
  status: number | null;
  /** Checks that failed, and those that have something to say of the database, in words; empty when the body tells of none. */
  notes: string[];
}

/** The application's check of the cache in `/health`. */
export const CACHE_CHECK = 'redis';

/** A little more than the API gives its own checks. */
const TIMEOUT_MS = 2500;

/** The part of the body of `/health` that is used here. Another path may answer with anything. */
interface HealthBody {
  checks?: Record<string, { status?: unknown; detail?: unknown } | null>;
}

/** What the body of an answer says of its checks. Pure. */
export function healthNotes(body: unknown): string[] {
  const { checks } = (typeof body === 'object' && body !== null ? body : {}) as HealthBody;
  if (typeof checks !== 'object' || checks === null) return [];
  return Object.entries(checks).flatMap(([name, check]) => {
    const { status, detail } = check ?? {};
    const words = typeof detail === 'string' ? detail.slice(0, 200) : undefined;
    if (status !== 'ok') return [`${name}: ${words ?? 'failed'}`];
    return name === 'database' && words !== undefined ? [`${name}: ${words}`] : [];
  });
}

async function ask(host: Host, port: number, path: string): Promise<HealthAnswer> {
  const answer = await probeHttp(`http://${host.address}:${port}${path}`, { timeoutMs: TIMEOUT_MS });
  return { name: host.name, status: answer?.status ?? null, notes: healthNotes(answer?.json) };
}

/** Asks API servers, as a load balancer does. Takes at most 2.5 s. */
export function probeHealth(servers: readonly Host[], port: number, path: string): Promise<HealthAnswer[]> {
  return Promise.all(servers.map((host) => ask(host, port, path)));
}
