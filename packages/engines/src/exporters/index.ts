import { PORTS } from '@sbmcrm/topology';
import type { Engine } from '../common/engine.ts';
import { postgresExporterService, redisExporterService } from './config.ts';

/** Asks PostgreSQL for Prometheus, which asks it for each server. */
export const postgresExporter: Engine = {
  packages: ['prometheus-postgres-exporter'],
  render: postgresExporterService,
  stop: { wave: 'front', withinMs: 500 },
  expendable: true,
  scrape: () => ({
    of: 'patroni',
    network: 'data',
    port: PORTS.postgres,
    path: '/metrics',
    params: { auth_module: ['monitor'] },
    seldom: true,
    by: {
      port: PORTS.postgresExporter,
      path: '/probe',
      target: (address) => `${address}/postgres?sslmode=disable&connect_timeout=3`,
    },
  }),
};

/** The same for Redis. */
export const redisExporter: Engine = {
  packages: ['prometheus-redis-exporter'],
  render: redisExporterService,
  stop: { wave: 'front', withinMs: 500 },
  expendable: true,
  scrape: () => ({
    of: 'redis',
    network: 'data',
    port: PORTS.redis,
    path: '/metrics',
    by: { port: PORTS.redisExporter, path: '/scrape', target: (address) => `redis://${address}` },
  }),
};
