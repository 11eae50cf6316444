import { Redis } from 'ioredis';

/**
 * Opens a connection for a few commands, runs them, closes it.
 *
 * @returns undefined when the server did not answer within `timeoutMs`
 */
export async function withRedis<T>(
  address: string,
  port: number,
  password: string,
  task: (redis: Redis) => Promise<T>,
  timeoutMs = 1000,
): Promise<T | undefined> {
  const redis = new Redis({
    host: address,
    port,
    password,
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
  });
  redis.on('error', () => {}); // told by the failed command
  try {
    await redis.connect();
    return await task(redis);
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}
