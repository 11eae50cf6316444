import { PORTS } from '@sbmcrm/topology';
import type { Engine } from '../common/engine.ts';
import { postgresService } from './config.ts';
import { BIN_DIR } from './names.ts';
import { DATABASE_DAMAGE } from './rebuild.ts';

/**
 * Before it a primary in good health may be demoted when etcd has no leader for a moment, failsafe mode or not.
 *
 * @see https://github.com/patroni/patroni/issues/3572
 */
export const PATRONI = { package: 'patroni', since: '4.1.4' } as const;

/** Patroni, which runs PostgreSQL. */
export const patroni: Engine = {
  packages: ['patroni', 'postgresql-17', 'python3-etcd'],
  // Its failsafe mode: see PATRONI.
  newer: { patroni: 'testing' },
  image: {
    // Patroni makes its own cluster.
    filesBefore: { '/etc/postgresql-common/createcluster.conf': 'create_main_cluster = false\n' },
    programs: [BIN_DIR],
  },
  damage: DATABASE_DAMAGE,
  scrape: () => ({ of: 'patroni', network: 'management', port: PORTS.patroni, path: '/metrics', urgent: true }),
  render: postgresService,
  // The last checkpoint. A primary waits until its standbys have gone: see `stopWaves`.
  stop: { wave: 'front', withinMs: 15_000 },
};
