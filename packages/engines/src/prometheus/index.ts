import { PORTS } from '@sbmcrm/topology';
import type { Engine } from '../common/engine.ts';
import { prometheusService } from './config.ts';
import { prometheusReady } from './probe.ts';

/** Looks at everything, and keeps what it saw. */
export const prometheus: Engine = {
  packages: ['prometheus'],
  member: { title: 'Prometheus answers', problem: 'PROMETHEUS_UNHEALTHY', isHealthy: prometheusReady },
  render: prometheusService,
  // What it has in memory is in its log already.
  stop: { wave: 'front', withinMs: 5000 },
  expendable: true,
  shown: PORTS.prometheus,
  scrape: () => ({ of: 'prometheus', network: 'management', port: PORTS.prometheus, path: '/metrics' }),
};
