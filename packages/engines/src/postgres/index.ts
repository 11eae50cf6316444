import type { Engine } from '../common/engine.ts';
import { BIN_DIR, postgresService } from './config.ts';

/** Patroni, which runs PostgreSQL. */
export const patroni: Engine = {
  packages: ['patroni', 'postgresql-17', 'python3-etcd'],
  image: {
    // Patroni makes its own cluster.
    filesBefore: { '/etc/postgresql-common/createcluster.conf': 'create_main_cluster = false\n' },
    programs: [BIN_DIR],
  },
  render: postgresService,
  // The last checkpoint. A primary waits until its standbys have gone: see `stopWaves`.
  stop: { wave: 'front', withinMs: 15_000 },
};
