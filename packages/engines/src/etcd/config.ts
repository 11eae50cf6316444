import { EtcdClient } from '@sbmcrm/http/etcd';
import { type Host, hostsWith, PORTS, type Topology } from '@sbmcrm/topology';
import {
  CONFIG_DIR,
  type ConfigFile,
  DATA_DIR,
  type RenderContext,
  runScript,
  type Secrets,
  type ServiceBundle,
} from '../common/context.ts';
import { toYaml } from '../common/yaml.ts';
import { joinLines, peerUrl } from './replace.ts';

/** etcd serves `/health` and `/metrics` without a client certificate here; nothing can be written through it. */
export const ETCD_METRICS_PORT = 2381;

/**
 * Patroni keeps kilobytes; a bound keeps a runaway writer from filling the disk. A member needs several times as much memory, and has
 * half a gigabyte on a small machine: with 200 MB of keys members were ended for want of it, one after the other.
 */
export const ETCD_QUOTA_BYTES = 64 * 1024 * 1024;

/**
 * The certificate authorities that are trusted, as one PEM text: two while certificates are rotated. In an order that does not change
 * when the new one comes into use: members of etcd read them only when they start.
 */
export function authorities({ tls, also }: Pick<Secrets, 'tls' | 'also'>): string {
  return [tls.ca, also?.tls?.ca ?? ''].sort().join('');
}

/** Certificate files that a client of etcd on this host needs. */
export function etcdClientFiles({ secrets }: RenderContext, owner: ConfigFile['owner']): ConfigFile[] {
  return [
    { path: 'etcd-client/ca.crt', content: authorities(secrets), owner, mode: 0o600 },
    { path: 'etcd-client/client.crt', content: secrets.tls.clientCert, owner, mode: 0o600 },
    { path: 'etcd-client/client.key', content: secrets.tls.clientKey, owner, mode: 0o600 },
  ];
}

/** Hosts with a member of etcd, in topology order. */
export function etcdHosts(topology: Topology): Host[] {
  return hostsWith(topology, 'etcd');
}

/** Asks etcd from outside of its hosts. @throws as its calls do */
export function etcdClient(topology: Topology, secrets: Pick<Secrets, 'tls' | 'also'>): EtcdClient {
  const members = etcdHosts(topology).map(({ name, address }) => ({
    name,
    url: `https://${address}:${PORTS.etcdClient}`,
  }));
  return new EtcdClient(members, {
    ca: authorities(secrets),
    cert: secrets.tls.clientCert,
    key: secrets.tls.clientKey,
  });
}

/** `address:port` of every etcd member, in topology order. */
export function etcdEndpoints({ topology }: Pick<RenderContext, 'topology'>): string[] {
  return etcdHosts(topology).map((host) => `${host.address}:${PORTS.etcdClient}`);
}

/**
 * etcd's configuration file.
 *
 * Heartbeat and election time-outs are etcd's defaults (100 ms / 1 s): the zones of a region are a few
 * milliseconds apart, and a lost leader must cost less than Patroni's `retry_timeout`.
 */
export function etcdConfig(context: RenderContext): string {
  const { topology, host } = context;
  const tls = {
    'cert-file': `${CONFIG_DIR}/etcd/server.crt`,
    'key-file': `${CONFIG_DIR}/etcd/server.key`,
    'trusted-ca-file': `${CONFIG_DIR}/etcd/ca.crt`,
    'client-cert-auth': true,
  };
  return toYaml({
    name: host.name,
    'data-dir': `${DATA_DIR}/etcd`,
    'listen-peer-urls': peerUrl(host),
    'initial-advertise-peer-urls': peerUrl(host),
    'listen-client-urls': `https://${host.address}:${PORTS.etcdClient},https://127.0.0.1:${PORTS.etcdClient}`,
    'advertise-client-urls': `https://${host.address}:${PORTS.etcdClient}`,
    'listen-metrics-urls': [host.address, ...(context.spec.monitoring.enabled ? [host.managementAddress] : [])]
      .map((address) => `http://${address}:${ETCD_METRICS_PORT}`)
      .join(','),
    'initial-cluster': etcdHosts(topology)
      .map((member) => `${member.name}=${peerUrl(member)}`)
      .join(','),
    'initial-cluster-state': 'new',
    'initial-cluster-token': topology.platform,
    'heartbeat-interval': 100,
    'election-timeout': 1000,
    'auto-compaction-mode': 'periodic',
    'auto-compaction-retention': '10m',
    'quota-backend-bytes': ETCD_QUOTA_BYTES,
    'snapshot-count': 10_000,
    'client-transport-security': tls,
    'peer-transport-security': tls,
    'log-level': 'warn',
    logger: 'zap',
  });
}

/** The etcd member of a quorum host. */
export function etcdService(context: RenderContext): ServiceBundle {
  const { tls } = context.secrets;
  const file = (name: string, content: string): ConfigFile => ({
    path: `etcd/${name}`,
    content,
    owner: 'etcd',
    mode: 0o600,
  });
  return {
    name: 'etcd',
    run: runScript(
      `install -d -o etcd -g etcd -m 0700 ${DATA_DIR}/etcd`,
      ...joinLines(
        context.host,
        etcdEndpoints(context).filter((endpoint) => !endpoint.startsWith(`${context.host.address}:`)),
        `--cacert=${CONFIG_DIR}/etcd/ca.crt --cert=${CONFIG_DIR}/etcd/server.crt --key=${CONFIG_DIR}/etcd/server.key`,
      ),
      // With a file of settings etcd takes none from anywhere else.
      `conf=/run/etcd.yaml; sed "s/^initial-cluster-state: .*/initial-cluster-state: $state/" ${CONFIG_DIR}/etcd/etcd.yaml > $conf`,
      'exec chpst -u etcd etcd --config-file $conf',
    ),
    // Read with each new connection; the authorities, once.
    live: { files: ['etcd/server.crt', 'etcd/server.key'], script: 'true' },
    files: [
      file('etcd.yaml', etcdConfig(context)),
      file('ca.crt', authorities(context.secrets)),
      file('server.crt', tls.serverCert),
      file('server.key', tls.serverKey),
    ],
  };
}
