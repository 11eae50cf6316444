import type { Engine } from '../common/engine.ts';
import { apiService } from './config.ts';

/** The application. Its runtime is the project's own, mounted into hosts. */
export const api: Engine = {
  packages: [],
  render: apiService,
  stop: { wave: 'front', withinMs: 500 },
  code: true,
  limited: true,
  scrape: ({ application }) => ({
    of: 'api',
    // It listens there alone; load balancers hide the path.
    network: 'data',
    port: application.port,
    path: '/metrics',
  }),
};
