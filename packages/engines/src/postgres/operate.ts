import { ToolError } from '@sbmcrm/errors';
import { probeHttp } from '@sbmcrm/http';
import { type Host, PORTS } from '@sbmcrm/topology';
import type { Secrets } from '../common/context.ts';
import { PATRONI_API_USER } from './names.ts';

const url = (host: Host, path: string) => `http://${host.address}:${PORTS.patroni}${path}`;

function credentials(secrets: Secrets): { user: string; password: string } {
  return { user: PATRONI_API_USER, password: secrets.patroniApi };
}

/** Asks the Patronis in turn until one takes the request. */
async function request(
  hosts: readonly Host[],
  secrets: Secrets,
  call: { method: string; path: string; body: unknown; timeoutMs: number },
): Promise<string> {
  let refusal = 'no Patroni answers';
  for (const host of hosts) {
    const answer = await probeHttp(url(host, call.path), { ...call, ...credentials(secrets) });
    if (!answer) continue;
    if (answer.status >= 200 && answer.status < 300) return answer.text;
    refusal = answer.text.trim() || `status ${answer.status}`;
  }
  throw new ToolError('REFUSED_BY_ENGINE', refusal);
}

/**
 * The planned change of the primary: the old one stops in good order first, nothing is lost.
 *
 * @throws Error with Patroni's reason
 */
export async function switchoverDatabase(
  hosts: readonly Host[],
  secrets: Secrets,
  leader: string,
  to?: string,
): Promise<string> {
  const body = { leader, ...(to ? { candidate: to } : {}) };
  return request(hosts, secrets, { method: 'POST', path: '/switchover', body, timeoutMs: 60_000 });
}

/**
 * The unplanned change: also when there is no healthy primary.
 *
 * @throws Error with Patroni's reason
 */
export async function failoverDatabase(hosts: readonly Host[], secrets: Secrets, to: string): Promise<string> {
  return request(hosts, secrets, { method: 'POST', path: '/failover', body: { candidate: to }, timeoutMs: 60_000 });
}

const PATIENCE_MS = 3000;

/** Whether a host's Patroni says anything at all. Takes seconds if not. */
export async function agentAnswers(host: Host): Promise<boolean> {
  return (await probeHttp(url(host, '/liveness'), { timeoutMs: PATIENCE_MS })) !== undefined;
}

/** Patroni's cluster-wide configuration as it is in etcd, or undefined when no Patroni answers. */
export async function readDynamicConfig(hosts: readonly Host[]): Promise<unknown> {
  for (const host of hosts) {
    const answer = await probeHttp(url(host, '/config'));
    if (answer?.status === 200) return answer.json;
  }
  return undefined;
}

/** Merges a patch into Patroni's cluster-wide configuration. @throws Error with Patroni's reason */
export async function patchDynamicConfig(hosts: readonly Host[], secrets: Secrets, patch: unknown): Promise<void> {
  await request(hosts, secrets, { method: 'PATCH', path: '/config', body: patch, timeoutMs: 5000 });
}

/** True if every value of `wanted` stands in `actual` (which may hold more). */
export function configHolds(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return actual === wanted;
  if (typeof actual !== 'object' || actual === null) return false;
  return Object.entries(wanted).every(([key, value]) => configHolds((actual as Record<string, unknown>)[key], value));
}

/** Members whose PostgreSQL waits for a restart to take over a setting: standbys first, as raising one wants it. */
async function pendingRestarts(hosts: readonly Host[]): Promise<Host[]> {
  const states = await Promise.all(
    hosts.map(async (host) => {
      const answer = await probeHttp(url(host, '/patroni'));
      return { host, ...(answer?.json as { pending_restart?: boolean; role?: string } | undefined) };
    }),
  );
  const isPrimary = (role: string | undefined) => role === 'primary' || role === 'master';
  return states
    .filter((each) => each.pending_restart)
    .sort((x, y) => Number(isPrimary(x.role)) - Number(isPrimary(y.role)))
    .map((each) => each.host);
}

/** Patroni looks at its settings once a loop (1 s), and a standby follows its primary's with the next one. */
const LOOK_AGAIN_MS = 1500;
const MOST_LOOKS = 8;

/**
 * Restarts every PostgreSQL that waits for a restart to take over a setting, until none does.
 *
 * A setting that shrinks, such as max_connections, wants the primary first: Patroni then refuses the standbys' restart,
 * and asks for it itself once the primary has the new value.
 */
export async function restartPending(
  hosts: readonly Host[],
  secrets: Secrets,
  note: (text: string) => void,
): Promise<void> {
  let refusal: Error | undefined;
  for (let look = 0, quiet = 0; look < MOST_LOOKS && quiet < 2; look++) {
    const pending = await pendingRestarts(hosts);
    quiet = pending.length === 0 ? quiet + 1 : 0;
    for (const host of pending) {
      note(`restarting PostgreSQL on ${host.name}`);
      const call = { method: 'POST', path: '/restart', body: { restart_pending: true }, timeoutMs: 60_000 };
      await request([host], secrets, call).catch((error: Error) => {
        refusal = error;
      });
    }
    if (quiet < 2) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  const left = await pendingRestarts(hosts);
  if (left.length > 0) {
    throw new ToolError(
      'REFUSED_BY_ENGINE',
      `PostgreSQL on ${left.map((host) => host.name).join(', ')} did not restart: ${refusal?.message}`,
    );
  }
}

/** Whether any member waits for a restart. */
export async function awaitsRestart(hosts: readonly Host[]): Promise<boolean> {
  return (await pendingRestarts(hosts)).length > 0;
}
