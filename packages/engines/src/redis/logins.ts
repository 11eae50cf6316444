import { type Host, PORTS } from '@sbmcrm/topology';
import { Redis } from 'ioredis';
import type { Secrets } from '../common/context.ts';

const TIMEOUT_MS = 1000;

/** A server that does not take the platform's password, or gives others another one. */
export interface RefusingServer {
  host: string;
  service: 'redis' | 'sentinel';
  /** In words. */
  reason: string;
}

/** Redis servers and Sentinels that do not take the platform's passwords. Those that do not answer say nothing. */
export async function refusingCaches(
  hosts: readonly Host[],
  sentinels: readonly Host[],
  secrets: Secrets,
): Promise<RefusingServer[]> {
  const found = await Promise.all([
    ...hosts.map(async ({ name: host, address }) => ({
      host,
      service: 'redis' as const,
      reason: await reasonOf(address, PORTS.redis, secrets.redis, async (redis) => {
        const [, given] = (await redis.call('CONFIG', 'GET', 'masterauth')) as string[];
        return given === secrets.redis ? undefined : 'it gives its primary another password';
      }),
    })),
    ...sentinels.map(async ({ name: host, address }) => ({
      host,
      service: 'sentinel' as const,
      reason: await reasonOf(address, PORTS.sentinel, secrets.sentinel, async () => undefined),
    })),
  ]);
  return found.filter((each): each is RefusingServer => each.reason !== undefined);
}

/** @param more what is asked after the login */
async function reasonOf(
  host: string,
  port: number,
  password: string,
  more: (redis: Redis) => Promise<string | undefined>,
): Promise<string | undefined> {
  const redis = new Redis({
    host,
    port,
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
  });
  redis.on('error', () => {}); // told by the failed command
  try {
    await redis.connect();
    await redis.call('AUTH', password);
    return await more(redis);
  } catch (error) {
    const { message } = error as Error;
    return message.startsWith('WRONGPASS') ? 'login refused (WRONGPASS)' : undefined;
  } finally {
    redis.disconnect();
  }
}
