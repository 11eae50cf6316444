import type { App } from '../app.ts';
import { createCheck, Unwell } from './check.ts';
import { databaseHealth } from './database.ts';

const TIMEOUT_MS = 2000;

/** The guide's three checks. */
export function createChecks({ primary, cache, config }: App) {
  return {
    database: createCheck(() => databaseHealth(primary, TIMEOUT_MS)),
    redis: createCheck(async () => {
      if (!cache.isConnected) throw new Unwell('no connection');
      await cache.ping().catch(() => {
        throw new Unwell('no answer in time, or a refusal');
      });
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
  if (response.status >= 500) throw new Unwell(`HTTP ${response.status}`);
}
