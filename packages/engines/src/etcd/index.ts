import type { Engine } from '../common/engine.ts';
import { ETCD_METRICS_PORT, etcdService } from './config.ts';
import { etcdMemberHealthy } from './probe.ts';
import { ETCD_DAMAGE } from './replace.ts';
import { etcdIsFull, makeEtcdRoom } from './room.ts';

export const etcd: Engine = {
  packages: ['etcd-client', 'etcd-server'],
  member: {
    title: 'etcd has a quorum',
    problem: 'ETCD_UNHEALTHY',
    noQuorum: {
      problem: 'ETCD_NO_QUORUM',
      text: 'etcd has no quorum: the primary goes on only while all database hosts agree, and nobody can take over',
    },
    full: {
      problem: 'ETCD_FULL',
      text: 'etcd is full and takes no writes: the primary goes on as long as its lease is renewed, and nobody can take over',
      isFull: etcdIsFull,
      makeRoom: makeEtcdRoom,
    },
    isHealthy: etcdMemberHealthy,
  },
  damage: ETCD_DAMAGE,
  render: etcdService,
  // It writes what it knows before it acts on it, and there is no request left to wait for.
  stop: { wave: 'quorum', withinMs: 500 },
  scrape: () => ({ of: 'etcd', network: 'management', port: ETCD_METRICS_PORT, path: '/metrics' }),
  votes: true,
  urgent: true,
};
