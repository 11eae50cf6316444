import type { Engine } from '../common/engine.ts';
import { keepalivedService } from './config.ts';

export const keepalived: Engine = {
  packages: ['keepalived'],
  render: keepalivedService,
  stop: { wave: 'front', withinMs: 500 },
  urgent: true,
  networkAdmin: true,
};
