import { createHash } from 'node:crypto';
import { CONFIG_DIR, type ConfigFile, type Secrets } from '../common/context.ts';
import { toYaml } from '../common/yaml.ts';

/** What the pair's certificate is for: each is both, and asks the other one for it. */
export const PEER_NAME = 'alertmanager';

const FOLDER = 'alertmanager';
const SETTING = `${FOLDER}/peers.yml`;
const at = (file: string) => `${CONFIG_DIR}/${FOLDER}/${file}`;

/**
 * How the pair speaks with each other: what one says silences an alert at both, so none but them may. Their certificate is its own
 * authority, since the platform's own opens etcd. Pure.
 *
 * @returns nothing for a platform that has no such certificate yet
 * @see https://prometheus.io/docs/alerting/latest/https/#gossip-traffic
 */
export function peerTls(
  { tls, also }: Pick<Secrets, 'tls' | 'also'>,
  owner: string,
): { flags: string[]; files: ConfigFile[]; digest: string } {
  const { peerCert, peerKey } = tls;
  if (peerCert === undefined || peerKey === undefined) return { flags: [], files: [], digest: '' };
  // While they are rotated either is accepted.
  const accepted = [peerCert, also?.tls?.peerCert ?? ''].sort().join('');
  const own = { cert_file: at('peer.crt'), key_file: at('peer.key') };
  const setting = toYaml({
    tls_server_config: { ...own, client_ca_file: at('peer-ca.crt'), client_auth_type: 'RequireAndVerifyClientCert' },
    tls_client_config: { ...own, ca_file: at('peer-ca.crt'), server_name: PEER_NAME },
  });
  const files = { [SETTING]: setting, 'peer.crt': peerCert, 'peer.key': peerKey, 'peer-ca.crt': accepted };
  return {
    flags: [`--cluster.tls-config=${CONFIG_DIR}/${SETTING}`],
    files: Object.entries(files).map(([name, content]) => ({
      path: name === SETTING ? name : `${FOLDER}/${name}`,
      content,
      owner,
      mode: 0o600,
    })),
    digest: createHash('sha256').update(accepted).update(peerKey).digest('hex').slice(0, 16),
  };
}
