import { probeHttp } from '@sbmcrm/http';
import type { Host } from '@sbmcrm/topology';
import { ETCD_METRICS_PORT } from './config.ts';

/** Whether a member answers and sees a leader (etcd's own health check: it serves a linearizable read). */
export async function etcdMemberHealthy(host: Host): Promise<boolean> {
  const answer = await probeHttp(`http://${host.address}:${ETCD_METRICS_PORT}/health`);
  return answer?.status === 200 && (answer.json as { health?: string } | undefined)?.health === 'true';
}
