import { PORTS } from '@sbmcrm/topology';
import type { Engine } from '../common/engine.ts';
import { lagWatchService } from './config.ts';

/** What keeps readers away from a server that is behind. */
export const lagWatch: Engine = {
  packages: [],
  render: lagWatchService,
  stop: { wave: 'front', withinMs: 500 },
  code: true,
  scrape: () => ({ of: 'lag-watch', network: 'management', port: PORTS.lagMetrics, path: '/metrics' }),
};
