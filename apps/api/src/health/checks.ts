import type { App } from '../app.ts';
import { createCheck } from './check.ts';

const TIMEOUT_MS = 2000;

/** The guide's three checks. */
export function createChecks({ primary, cache, config }: App) {
  return {
    database: createCheck(async () => {
      await primary.ping(TIMEOUT_MS);
      return undefined;
    }),
    redis: createCheck(async () => {
      await cache.ping();
      return undefined;
    }),
    externalApis: createCheck(async () => {
      if (config.EXTERNAL_APIS.length === 0) return 'none configured';
      await Promise.all(config.EXTERNAL_APIS.map(reach));
      return `${config.EXTERNAL_APIS.length} reached`;
    }),
  };
}

/** Any answer below 500 is one: whether we may use the API is not a question of health. */
async function reach(url: string): Promise<void> {
  const response = await fetch(url, {
    method: 'HEAD',
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (response.status >= 500) throw new Error(`HTTP ${response.status}`);
}
