import { ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import { Redis } from 'ioredis';
import type { Config } from '../config.ts';

/** Waiting for the cache longer than this costs more than asking the database. */
const COMMAND_TIMEOUT_MS = 250;

export type CacheOutcome = 'hit' | 'miss' | 'error';

/**
 * Redis through Sentinel. It is never the only copy of anything: every error, NOREPLICAS and READONLY among them, means
 * "ask the database", and while it is away nobody waits for it.
 */
export class Cache {
  readonly #redis: Redis;
  readonly #observe: (outcome: CacheOutcome) => void;
  #ended = false;
  /** A silent master costs three requests 250 ms, then one request a second. */
  readonly #breaker = circuitBreaker(handleAll, { halfOpenAfter: 1000, breaker: new ConsecutiveBreaker(3) });

  constructor(config: Config, observe: (outcome: CacheOutcome) => void = () => {}) {
    this.#observe = observe;
    const backOff = (attempt: number) => Math.min(100 * attempt, 1000) * (0.5 + Math.random());
    this.#redis = new Redis({
      sentinels: config.REDIS_SENTINELS,
      name: config.REDIS_MASTER_NAME,
      ...(config.REDIS_PASSWORD ? { password: config.REDIS_PASSWORD } : {}),
      ...(config.SENTINEL_PASSWORD ? { sentinelPassword: config.SENTINEL_PASSWORD } : {}),
      connectionName: config.INSTANCE_NAME,
      commandTimeout: COMMAND_TIMEOUT_MS,
      // No waiting: without a connection a command fails at once, and none is sent twice.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 1000,
      sentinelCommandTimeout: 1000,
      // A master that fell silent: drop the connection and ask Sentinel again.
      socketTimeout: 1000,
      retryStrategy: backOff,
      sentinelRetryStrategy: backOff,
      sentinelReconnectStrategy: backOff,
      // A demoted master refuses writes: connect to the new one.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      failoverDetector: true,
    });
    // Each lost connection is also an event; the next command tells as much.
    this.#redis.on('error', () => {});
    this.#redis.on('end', () => this.#startAgain(backOff(1)));
  }

  /** From the next connection on these passwords are used. */
  use({ REDIS_PASSWORD, SENTINEL_PASSWORD }: Pick<Config, 'REDIS_PASSWORD' | 'SENTINEL_PASSWORD'>): void {
    const { options } = this.#redis;
    if (REDIS_PASSWORD !== undefined) options.password = REDIS_PASSWORD;
    if (SENTINEL_PASSWORD !== undefined) options.sentinelPassword = SENTINEL_PASSWORD;
  }

  /**
   * ioredis gives up for good ("end") when it hears of a failover just while it asks a Sentinel: its detector closes the
   * connection that is being made, and that counts as closed by us.
   */
  #startAgain(delayMs: number): void {
    if (this.#ended) return;
    setTimeout(() => {
      // What fails here is tried again by ioredis, or ends once more and comes back here.
      if (!this.#ended) this.#redis.connect().catch(() => {});
    }, delayMs).unref();
  }

  /** The value, or undefined when there is none or Redis is away. */
  async get(key: string): Promise<string | undefined> {
    try {
      const value = await this.#breaker.execute(() => this.#redis.get(key));
      this.#observe(value === null ? 'miss' : 'hit');
      return value ?? undefined;
    } catch {
      this.#observe('error');
      return undefined;
    }
  }

  /** Keeps a value for a while unless the key has one; fails silently. */
  async add(key: string, value: string, seconds: number): Promise<void> {
    await this.#breaker.execute(() => this.#redis.set(key, value, 'EX', seconds, 'NX')).catch(() => {});
  }

  /** Keeps a value for a while; fails silently. */
  async put(key: string, value: string, seconds: number): Promise<void> {
    await this.#breaker.execute(() => this.#redis.set(key, value, 'EX', seconds)).catch(() => {});
  }

  get isConnected(): boolean {
    return this.#redis.status === 'ready';
  }

  /** @throws when Redis is away */
  async ping(): Promise<void> {
    await this.#redis.ping();
  }

  end(): void {
    this.#ended = true;
    this.#redis.disconnect();
  }
}
