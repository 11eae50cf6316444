/** The name under which Sentinel knows the master. */
export const REDIS_MASTER_NAME = 'sbmcrm-redis';

/** Reaches a host's own Redis from inside the host, also when its data link is down. */
export const REDIS_SOCKET = '/run/redis/redis.sock';
