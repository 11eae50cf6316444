import type { Engine } from '../common/engine.ts';
import { apiService } from './config.ts';

/** The application. */
export const api: Engine = { render: apiService, stop: { wave: 'front', withinMs: 500 }, code: true };
