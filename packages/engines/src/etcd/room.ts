import { ToolError } from '@sbmcrm/errors';
import { probeHttp } from '@sbmcrm/http';
import { EtcdClient } from '@sbmcrm/http/etcd';
import { type Host, PORTS, type Topology } from '@sbmcrm/topology';
import type { Secrets } from '../common/context.ts';
import { ETCD_METRICS_PORT, ETCD_QUOTA_BYTES, etcdHosts } from './config.ts';

/** To rewrite its file takes a member some seconds, more on a slow disk. */
const TIMEOUT_MS = 60_000;
/** Beyond this share of the quota there is no point in taking the alarm back. */
const MOST = 0.95;
/** The platform's own keys take a thousandth of the quota: more than this share of it is somebody else's, and grows. */
const ENOUGH = 0.5;

/** Whether a member has raised the alarm that its quota is used up: no member takes writes then, until it is taken back. */
export async function etcdIsFull(host: Host): Promise<boolean> {
  const answer = await probeHttp(`http://${host.address}:${ETCD_METRICS_PORT}/health`);
  return /NOSPACE/.test((answer?.json as { reason?: string } | undefined)?.reason ?? '');
}

/**
 * Makes room in etcd: forgets what keys were before, gives the room back to the disk, one member after the other, and takes the alarm
 * back. Where what is left nearly fills it, the alarm stays, or comes again: somebody has to delete first.
 *
 * @throws ToolError REFUSED_BY_ENGINE where it is full, or will be again; Error in one line when no member with a quorum answers
 * @see https://etcd.io/docs/v3.5/op-guide/maintenance/#space-quota
 */
export async function makeEtcdRoom(topology: Topology, { tls }: Pick<Secrets, 'tls'>): Promise<void> {
  const members = etcdHosts(topology).map(({ name, address }) => ({
    name,
    url: `https://${address}:${PORTS.etcdClient}`,
  }));
  const etcd = new EtcdClient(members, { ca: tls.ca, cert: tls.clientCert, key: tls.clientKey }, TIMEOUT_MS);
  const all = { key: 'AA==', range_end: 'AA==', keys_only: true };
  const { header, kvs = [] } = (await etcd.call('/v3/kv/range', all)) as {
    header?: { revision?: string };
    kvs?: { key: string }[];
  };
  await etcd.call('/v3/kv/compaction', { revision: header?.revision, physical: true }).catch((error: Error) => {
    if (!error.message.includes('has been compacted')) throw error;
  });
  for (const { name } of members) await etcd.call('/v3/maintenance/defragment', {}, name);
  const status = (await etcd.call('/v3/maintenance/status', {})) as { dbSizeInUse?: string };
  const usedBytes = Number(status.dbSizeInUse ?? 0);
  if (usedBytes < MOST * ETCD_QUOTA_BYTES) await disarm(etcd);
  if (usedBytes < ENOUGH * ETCD_QUOTA_BYTES) return;
  const mb = (bytes: number) => Math.round(bytes / 1024 ** 2);
  const [most] = countKeys(kvs.map(({ key }) => Buffer.from(key, 'base64').toString()));
  throw new ToolError(
    'REFUSED_BY_ENGINE',
    `etcd is full, or will be again soon: its keys take ${mb(usedBytes)} of ${mb(ETCD_QUOTA_BYTES)} MB, ${most?.count} of them begin with ${most?.prefix} — delete what is not the platform's, then run \`sbmcrm up\` again`,
  );
}

/** Takes the alarms back. Each member has its own; one call for all of them changes nothing. */
async function disarm(etcd: EtcdClient): Promise<void> {
  const { alarms = [] } = (await etcd.call('/v3/maintenance/alarm', { action: 'GET' })) as {
    alarms?: { memberID: string; alarm: string }[];
  };
  for (const { memberID, alarm } of alarms) {
    await etcd.call('/v3/maintenance/alarm', { action: 'DEACTIVATE', memberID, alarm });
  }
}

/** Keys by their beginnings, up to the second slash; those that most keys have come first. Pure. */
export function countKeys(keys: readonly string[]): { prefix: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const key of keys) {
    const prefix = /^\/?[^/]*\//.exec(key)?.[0] ?? key;
    counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  return [...counts].map(([prefix, count]) => ({ prefix, count })).sort((x, y) => y.count - x.count);
}
