import { hostsInRole } from '@sbmcrm/topology';
import { inSeconds } from './drill.ts';
import type { RunningTest } from './test.ts';

/** With the guide's health check (30 s, twice) a server that was gone is back in rotation after a minute. */
export const HEAL_WITHIN_MS = 120_000;

/**
 * Takes every fault back and waits until the platform is healthy by itself, roles wherever they are now. Nothing is started or
 * put back by hand: what does not return alone is a finding.
 *
 * @returns how long it took, in milliseconds
 */
export async function heal(test: RunningTest, withinMs: number): Promise<number> {
  const start = performance.now();
  await test.clear();
  await test.until(
    'The platform heals by itself',
    'every host is back in its role, every API server is healthy',
    withinMs,
    async () => {
      const status = await test.status();
      if (status.state !== 'healthy') return { ok: false, observed: status.reasons.join('; ') };
      const ill = await unhealthyServers(test);
      if (ill.length > 0) return { ok: false, observed: `/health of ${ill.join(', ')} is not healthy` };
      return { ok: true, observed: `healthy ${inSeconds(performance.now() - start)} after the fault was cleared` };
    },
  );
  return performance.now() - start;
}

/** Each server's own word: the load balancer takes a minute and a half to notice that one lost its cache for good. */
async function unhealthyServers({ platform }: RunningTest): Promise<string[]> {
  const servers = hostsInRole(platform.topology, 'api');
  const healthy = await Promise.all(
    servers.map(async ({ address }) => {
      const url = `http://${address}:${platform.spec.application.port}${platform.spec.loadBalancer.healthCheck.path}`;
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
        await response.arrayBuffer();
        return response.ok;
      } catch {
        return false;
      }
    }),
  );
  return servers.filter((_, n) => !healthy[n]).map((server) => server.name);
}
