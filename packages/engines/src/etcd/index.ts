import type { Engine } from '../common/engine.ts';
import { etcdService } from './config.ts';
import { etcdMemberHealthy } from './probe.ts';

export const etcd: Engine = {
  packages: ['etcd-client', 'etcd-server'],
  member: { title: 'etcd has a quorum', problem: 'ETCD_UNHEALTHY', isHealthy: etcdMemberHealthy },
  render: etcdService,
  // It writes what it knows before it acts on it, and there is no request left to wait for.
  stop: { wave: 'quorum', withinMs: 500 },
  votes: true,
  urgent: true,
};
