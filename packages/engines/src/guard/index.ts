import type { Engine } from '../common/engine.ts';
import { guardService } from './config.ts';

/** What ends a database server that lost its lease and does not know it. */
export const guard: Engine = { packages: [], render: guardService, stop: { wave: 'front', withinMs: 500 }, code: true };
