import { inSeconds } from './drill.ts';
import type { RunningTest } from './running-test.ts';

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
    'every host is back in its role, every API server is healthy, a write and an own read work',
    withinMs,
    async () => {
      const status = await test.status();
      if (status.state !== 'healthy') return { ok: false, observed: status.reasons.join('; ') };
      return { ok: true, observed: `healthy ${inSeconds(performance.now() - start)} after the fault was cleared` };
    },
  );
  return performance.now() - start;
}
