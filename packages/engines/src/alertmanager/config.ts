import { hostsWith, PORTS } from '@sbmcrm/topology';
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
import { passwordHash } from './login.ts';
import { peerTls } from './peers.ts';
import { ALERTMANAGER_USER } from './relay.ts';
import { alertmanagerConfig, MAIL_CA_FILE } from './routes.ts';

/** Debian's packages make this user. */
const USER = 'prometheus';
const CONFIG_FILE = 'alertmanager/alertmanager.yml';
const WEB_FILE = 'alertmanager/web.yml';

/**
 * The second of a pair tells an alert only when the first has not said for so long that it did. Longer than a busy machine takes to
 * pass that on; shorter than somebody waits for.
 */
const PEER_TIMEOUT = '5s';

/** As long as Alertmanager keeps what it knows by default. */
const LEAST_KEPT_MS = 120 * 3_600_000;

/** Alertmanager on a monitoring host: a pair that tells each alert once. On the management network only. */
export function alertmanagerService({ spec, topology, host, secrets }: RenderContext): ServiceBundle {
  const data = `${DATA_DIR}/alertmanager`;
  const peers = hostsWith(topology, 'alertmanager').filter(({ name }) => name !== host.name);
  const tls = peerTls(secrets, USER);
  const flags = [
    `--config.file=${CONFIG_DIR}/${CONFIG_FILE}`,
    `--storage.path=${data}`,
    // What was told is known until it may be told again.
    `--data.retention=${Math.max(LEAST_KEPT_MS, 2 * spec.alerts.repeat)}ms`,
    `--web.listen-address=${host.managementAddress}:${PORTS.alertmanager}`,
    `--web.config.file=${CONFIG_DIR}/${WEB_FILE}`,
    `--cluster.listen-address=${host.managementAddress}:${PORTS.alertmanagerPeer}`,
    `--cluster.peer-timeout=${PEER_TIMEOUT}`,
    ...tls.flags,
    ...peers.map((peer) => `--cluster.peer=${peer.managementAddress}:${PORTS.alertmanagerPeer}`),
    '--log.level=warn',
  ];
  return {
    name: 'alertmanager',
    reload: 'HUP',
    run: runScript(
      `install -d -o ${USER} -g ${USER} -m 0700 ${data}`,
      'export GOMEMLIMIT=96MiB GOMAXPROCS=1',
      // It reads its peers' certificates when it starts.
      `: ${tls.digest}`,
      `exec chpst -u ${USER} prometheus-alertmanager ${flags.join(' ')}`,
    ),
    files: [
      ...tls.files,
      ...mailAuthority(spec.alerts.email?.caFile, secrets),
      { path: CONFIG_FILE, content: alertmanagerConfig({ spec, topology, secrets }), owner: USER, mode: 0o600 },
      {
        path: WEB_FILE,
        content: toYaml({ basic_auth_users: { [ALERTMANAGER_USER]: passwordHash(secrets.alertmanager ?? '') } }),
        owner: USER,
        mode: 0o600,
      },
    ],
  };
}

function mailAuthority(path: string | undefined, { files }: Secrets): ConfigFile[] {
  if (path === undefined) return [];
  return [{ path: MAIL_CA_FILE, content: files?.[path] ?? '', owner: USER, mode: 0o600 }];
}
