import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import type { RenderContext, Secrets } from './common/context.ts';

// For tests: a platform with secrets that can be told apart.

export const secrets: Secrets = {
  adminEmail: 'admin@sbmcrm.internal',
  adminPassword: 'admin-password',
  postgresSuperuser: 'superuser-password',
  postgresReplication: 'replication-password',
  postgresRewind: 'rewind-password',
  postgresApplication: 'application-password',
  patroniApi: 'patroni-password',
  postgresMonitor: 'monitor-password',
  alertmanager: 'alertmanager-password',
  relay: 'relay-password',
  redis: 'redis-password',
  sentinel: 'sentinel-password',
  holder: 'holder-password',
  tls: { ca: 'CA', serverCert: 'CERT', serverKey: 'KEY', clientCert: 'CERT', clientKey: 'KEY' },
};

export function context(hostName: string, yaml = ''): RenderContext {
  const spec = parseSpec(`platform: sbmcrm\n${yaml}`, 'test.yaml');
  const topology = planTopology(spec);
  const host = topology.hosts.find((each) => each.name === hostName);
  if (!host) throw new Error(`no host ${hostName}`);
  return { spec, topology, host, secrets };
}
