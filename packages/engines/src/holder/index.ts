import type { Engine } from '../common/engine.ts';
import { holderService, witnessService } from './config.ts';

/** What keeps two load balancers that do not hear each other from having the floating addresses both. */
export const holder: Engine = {
  packages: [],
  render: holderService,
  stop: { wave: 'front', withinMs: 500 },
  code: true,
  urgent: true,
};

/** Who hears them both. */
export const witness: Engine = {
  packages: [],
  render: witnessService,
  stop: { wave: 'quorum', withinMs: 500 },
  code: true,
  urgent: true,
};
