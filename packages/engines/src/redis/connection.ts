import { Redis } from 'ioredis';

/** Runs a task on a connection; undefined when the server did not answer in time. See {@link withRedis}. */
export type RunOnRedis = <T>(
  address: string,
  port: number,
  password: string,
  task: (redis: Redis) => Promise<T>,
) => Promise<T | undefined>;

const TIMEOUT_MS = 1000;

function connection(address: string, port: number, password: string, timeoutMs: number): Redis {
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
  return redis;
}

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
  timeoutMs = TIMEOUT_MS,
): Promise<T | undefined> {
  const redis = connection(address, port, password, timeoutMs);
  try {
    await redis.connect();
    return await task(redis);
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}

/** Connections that are kept from one look to the next, one a server. What broke is opened again when it is next wanted. */
export class RedisConnections {
  readonly #kept = new Map<string, Redis>();
  readonly #mayConnect: () => boolean;
  #closed = false;

  /** @param mayConnect asked before each new connection: whether the servers' addresses still are theirs */
  constructor(mayConnect: () => boolean = () => true) {
    this.#mayConnect = mayConnect;
  }

  /** Like {@link withRedis}, without closing the connection. */
  readonly run: RunOnRedis = async (address, port, password, task) => {
    const key = `${address}:${port} ${password}`;
    const kept = this.#kept.get(key);
    if (kept?.status === 'ready') {
      const startedAt = performance.now();
      try {
        return await task(kept);
      } catch {
        this.#forget(key, kept);
        // A server that was started again breaks the old connection at once; one that is silent would be silent again.
        if (performance.now() - startedAt >= TIMEOUT_MS / 2) return undefined;
      }
    }
    if (!this.#mayConnect()) return undefined;
    const redis = connection(address, port, password, TIMEOUT_MS);
    try {
      await redis.connect();
      const value = await task(redis);
      this.#keep(key, redis);
      return value;
    } catch {
      redis.disconnect();
      return undefined;
    }
  };

  close(): void {
    this.#closed = true;
    for (const redis of this.#kept.values()) redis.disconnect();
    this.#kept.clear();
  }

  #keep(key: string, redis: Redis): void {
    const other = this.#kept.get(key);
    // A second call for the same server may have been faster.
    if (this.#closed || other?.status === 'ready') redis.disconnect();
    else this.#kept.set(key, redis);
  }

  #forget(key: string, redis: Redis): void {
    redis.disconnect();
    if (this.#kept.get(key) === redis) this.#kept.delete(key);
  }
}
