import type { Engine } from '../common/engine.ts';
import { scalingService } from './config.ts';

/** What keeps as many API servers as are wanted. */
export const scaling: Engine = {
  packages: [],
  render: scalingService,
  stop: { wave: 'front', withinMs: 500 },
  code: true,
};
