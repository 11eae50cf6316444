import type { App, AppLog } from './app.ts';
import { Deadline } from './resilience/deadline.ts';
import { sqlStateOf } from './resilience/primary/classify.ts';

const EVERY_MS = 10 * 60_000;
const BATCH = 1000;
/** Clients retry for seconds; a day is beyond doubt. */
const KEY_LIFE = '1 day';

const STATEMENTS = [
  `DELETE FROM sessions WHERE token_hash IN
     (SELECT token_hash FROM sessions WHERE expires_at < now() LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
  `DELETE FROM idempotency_keys WHERE (user_id, key) IN
     (SELECT user_id, key FROM idempotency_keys WHERE created_at < now() - interval '${KEY_LIFE}'
       LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
];

/**
 * Removes expired sessions and old idempotency keys, a batch at a time. Every instance does it, each at its own moment;
 * they skip what another one is removing.
 *
 * @returns stops it
 */
export function startMaintenance(app: App, log: AppLog): () => void {
  const clean = async () => {
    for (const statement of STATEMENTS) {
      for (let removed = BATCH; removed === BATCH && app.lifecycle.state === 'ready'; ) {
        const { value } = await app.primary.transaction((tx) => tx.query(`${statement} RETURNING 1`), {
          deadline: Deadline.in(app.config.HOLD_DEADLINE_MS),
          onUnknown: 'rerun',
        });
        removed = value.length;
      }
    }
  };
  const timer = setInterval(
    () =>
      void clean().catch((error: unknown) =>
        log.warn({ reason: sqlStateOf(error) ?? String(error) }, 'clean-up failed'),
      ),
    EVERY_MS * (0.8 + 0.4 * Math.random()),
  );
  timer.unref();
  return () => clearInterval(timer);
}
