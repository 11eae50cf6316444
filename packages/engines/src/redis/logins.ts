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
      reason: await reasonOf(address, PORTS.sentinel, secrets.sentinel, async (redis) => void (await redis.ping())),
    })),
  ]);
  return found.filter((each): each is RefusingServer => each.reason !== undefined);
}

/** @param more what is asked after the login, of which an answer is no reason */
async function reasonOf(
  host: string,
  port: number,
  password: string,
  more: (redis: Redis) => Promise<string | undefined>,
): Promise<string | undefined> {
  let said = '';
  const redis = new Redis({
    host,
    port,
    password,
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
  });
  // What the server says at login; the failed command only says that there is no connection.
  redis.on('error', ({ message }: Error) => {
    said = message;
  });
  try {
    await redis.connect();
    return await more(redis);
  } catch {
    return said.startsWith('WRONGPASS') ? 'login refused (WRONGPASS)' : undefined;
  } finally {
    redis.disconnect();
  }
}
