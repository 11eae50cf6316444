import type { Engine } from '../common/engine.ts';
import { postgresService } from './config.ts';

/** Patroni, which runs PostgreSQL. */
export const patroni: Engine = {
  render: postgresService,
  // The last checkpoint. A primary waits until its standbys have gone: see `stopWaves`.
  stop: { wave: 'front', withinMs: 15_000 },
};
