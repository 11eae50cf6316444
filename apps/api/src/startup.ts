import type { App, AppLog } from './app.ts';
import { ensureAdmin } from './auth/admin.ts';
import { migrate, withSetupClient } from './db/migrate.ts';
import { primaryOptions } from './db/options.ts';
import { sqlStateOf } from './resilience/primary/classify.ts';

/** Prepares the database, however long it takes to come, then lets requests in. */
export async function becomeReady(app: App, log: AppLog): Promise<void> {
  const startedAt = performance.now();
  let told: string | undefined;
  for (let tries = 0; app.lifecycle.state === 'starting'; tries += 1) {
    try {
      await withSetupClient(primaryOptions(app.config, app.passwords).server, async (client) => {
        await migrate(client, (migration) => log.info({ migration }, 'migration applied'));
        if (await ensureAdmin(client, app.config)) log.info({}, 'first administrator created');
      });
      break;
    } catch (error) {
      const reason = sqlStateOf(error) ?? (error as Error).message;
      app.primary.notReady(error);
      // One line a reason, not one a try.
      if (reason !== told) log.warn({ reason }, 'database not ready: trying again');
      told = reason;
      await new Promise((resolve) => setTimeout(resolve, Math.min(100 * (tries + 1), 1000) * (0.5 + Math.random())));
    }
  }
  if (app.lifecycle.state !== 'starting') return;
  await app.primary.start();
  if (app.lifecycle.advance('ready')) log.info({ ms: Math.round(performance.now() - startedAt) }, 'ready');
}
