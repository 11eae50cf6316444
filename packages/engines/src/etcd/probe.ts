import { probeHttp } from '@sbmcrm/http';
import type { Host } from '@sbmcrm/topology';
import { ETCD_METRICS_PORT } from './config.ts';

/**
 * Whether a member answers and sees a leader (etcd's own health check: it serves a linearizable read). One that is full does that, and
 * takes no writes: see `room.ts`.
 */
export async function etcdMemberHealthy(host: Host): Promise<boolean> {
  const answer = await probeHttp(`http://${host.address}:${ETCD_METRICS_PORT}/health?exclude=NOSPACE`);
  return answer?.status === 200 && (answer.json as { health?: string } | undefined)?.health === 'true';
}

/** The member that leads by its own word, if one answers. */
export async function etcdLeader(hosts: readonly Host[]): Promise<Host | undefined> {
  const leads = await Promise.all(
    hosts.map(async (host) => {
      const answer = await probeHttp(`http://${host.address}:${ETCD_METRICS_PORT}/metrics`);
      return /^etcd_server_is_leader 1$/m.test(answer?.text ?? '');
    }),
  );
  return hosts.find((_host, n) => leads[n]);
}
