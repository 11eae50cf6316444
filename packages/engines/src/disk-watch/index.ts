import type { Engine } from '../common/engine.ts';
import { diskWatchService } from './config.ts';

/** What hands over where the primary's disk is full. */
export const diskWatch: Engine = {
  packages: [],
  render: diskWatchService,
  stop: { wave: 'front', withinMs: 500 },
  code: true,
};
