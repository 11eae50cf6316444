import { ToolError } from '@sbmcrm/errors';
import { type Host, PORTS } from '@sbmcrm/topology';
import type { Secrets } from '../common/context.ts';
import { withRedis } from './connection.ts';
import { REDIS_MASTER_NAME } from './names.ts';

/**
 * Makes the standby primary through Sentinel, whether or not the old primary lives.
 *
 * @throws Error with Sentinel's reason (e.g. NOGOODSLAVE: there is no standby to promote)
 */
export async function failoverCache(sentinels: readonly Host[], secrets: Secrets): Promise<void> {
  let refusal = 'no Sentinel answers';
  for (const host of sentinels) {
    const answer = await withRedis(host.address, PORTS.sentinel, secrets.sentinel, async (redis) => {
      try {
        return { ok: (await redis.call('SENTINEL', 'FAILOVER', REDIS_MASTER_NAME)) as string };
      } catch (error) {
        return { refusal: (error as Error).message };
      }
    });
    if (!answer) continue;
    if ('ok' in answer) return;
    refusal = answer.refusal;
  }
  throw new ToolError('REFUSED_BY_ENGINE', refusal);
}
