import type { Engine } from '../common/engine.ts';
import { schedulerService } from './config.ts';

/** What has the tasks of the spec's schedule run at their times. */
export const scheduler: Engine = {
  packages: [],
  render: schedulerService,
  stop: { wave: 'front', withinMs: 500 },
  code: true,
};
