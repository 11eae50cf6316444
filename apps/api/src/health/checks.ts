import type { App } from '../app.ts';
import { createCheck, Unwell } from './check.ts';
import { databaseHealth } from './database.ts';
import { createExternalLook } from './external.ts';

const TIMEOUT_MS = 2000;
/** Time for the words of whoever met the time-out. */
const MARGIN_MS = 200;

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
    externalApis: createCheck(createExternalLook(config.EXTERNAL_APIS), { timeoutMs: TIMEOUT_MS + MARGIN_MS }),
  };
}
