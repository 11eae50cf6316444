import type { Engine } from '../common/engine.ts';
import { redisService, sentinelService } from './config.ts';
import { REDIS_DAMAGE } from './damage.ts';

export const redis: Engine = {
  packages: ['redis-server', 'redis-tools'],
  damage: REDIS_DAMAGE,
  render: redisService,
  // The last snapshot.
  stop: { wave: 'data', withinMs: 15_000 },
};

export const sentinel: Engine = {
  packages: ['redis-sentinel'],
  render: sentinelService,
  // As etcd: what it knows is written already.
  stop: { wave: 'quorum', withinMs: 500 },
  votes: true,
  urgent: true,
};
