import { PORTS } from '@sbmcrm/topology';
import type { Engine } from '../common/engine.ts';
import { loadBalancerService, routerService } from './config.ts';

/** On a load balancer. */
export const haproxy: Engine = {
  packages: ['haproxy'],
  render: loadBalancerService,
  stop: { wave: 'front', withinMs: 500 },
  // It refuses what is too much for the others.
  urgent: true,
  scrape: () => ({
    of: 'haproxy',
    network: 'management',
    port: PORTS.haproxyMetrics,
    path: '/metrics',
    // Each server of each back end has some hundred more.
    params: { scope: ['frontend', 'backend'] },
    urgent: true,
  }),
};

/** Beside an API server. */
export const router: Engine = { packages: ['haproxy'], render: routerService, stop: { wave: 'front', withinMs: 500 } };
