import { hostsInRole, hostsWith, PORTS } from '@sbmcrm/topology';
import {
  CODE_DIR,
  CONFIG_DIR,
  type RenderContext,
  runScript,
  type Secrets,
  type ServiceBundle,
} from '../common/context.ts';
import { authorities, ETCD_METRICS_PORT } from '../etcd/config.ts';
import { ALIVE_PORT, SERVES_PATH } from '../haproxy/config.ts';

/** Unprivileged user of the holder; it has no entry in the image's passwd. */
const UID = 1001;
const FOLDER = '/run/holder';
/** What keepalived watches: anything but 0 means that it may not have the floating addresses. */
export const MAY_FILE = `${FOLDER}/may`;
const WITNESS_SETTING = 'witness/setting.json';
const NODE = `${CODE_DIR}/node_modules/.bin/node --max-old-space-size=16 --max-semi-space-size=1`;

/** Makes the file that keepalived watches, which says that it may until somebody says otherwise. */
export function makeMayFile(): string[] {
  return [`install -d -o ${UID} -g ${UID} -m 0755 ${FOLDER}`, `[ -s ${MAY_FILE} ] || echo 0 > ${MAY_FILE}`];
}

/** What words are signed with, and what is accepted besides. */
const heldSecrets = ({ holder, also }: Secrets) => (also?.holder === undefined ? [holder] : [holder, also.holder]);

/** Says on a load balancer whether it may have the floating addresses. */
export function holderService({ topology, host, secrets }: RenderContext): ServiceBundle {
  const place = ({ name, address }: { name: string; address: string }) => ({ name, address });
  const setting = {
    me: place(host),
    secrets: heldSecrets(secrets),
    port: PORTS.holder,
    peers: hostsWith(topology, 'holder')
      .filter(({ name }) => name !== host.name)
      .map(place),
    witnesses: hostsWith(topology, 'witness').map(place),
    others: hostsInRole(topology, 'database', 'quorum')
      .filter(({ zone }) => zone !== host.zone)
      .map(({ address, role }) => ({ address, port: role === 'quorum' ? ETCD_METRICS_PORT : PORTS.patroni })),
    floating: Object.values(topology.network.floating),
    servesUrl: `http://127.0.0.1:${ALIVE_PORT}${SERVES_PATH}`,
  };
  return {
    name: 'holder',
    run: runScript(
      ...makeMayFile(),
      `cd ${CODE_DIR}`,
      `exec chpst -e ${CONFIG_DIR}/holder/env -u :${UID}:${UID} ${NODE} packages/controllers/src/holder/main.ts ${MAY_FILE}`,
    ),
    // Without it the load balancers' own protocol decides alone.
    finish: runScript(`echo 0 > ${MAY_FILE}`),
    files: [{ path: 'holder/env/HOLDER', content: `${JSON.stringify(setting)}\n`, owner: 'root', mode: 0o600 }],
  };
}

/** Hears on a quorum host what load balancers say. As etcd's user, whose neighbour it asks. */
export function witnessService(context: RenderContext): ServiceBundle {
  const { topology, host, secrets } = context;
  const { clientCert: cert, clientKey: key } = secrets.tls;
  const setting = {
    name: host.name,
    address: host.address,
    port: PORTS.holder,
    secrets: heldSecrets(secrets),
    balancers: hostsWith(topology, 'holder').map(({ name }) => name),
    key: `/${topology.platform}/floating/holder`,
    etcd: { url: `https://127.0.0.1:${PORTS.etcdClient}`, ca: authorities(secrets), cert, key },
  };
  return {
    name: 'witness',
    run: runScript(
      `cd ${CODE_DIR}`,
      `exec chpst -u etcd ${NODE} packages/controllers/src/holder/witness-main.ts ${CONFIG_DIR}/${WITNESS_SETTING}`,
    ),
    files: [{ path: WITNESS_SETTING, content: JSON.stringify(setting), owner: 'etcd', mode: 0o600 }],
  };
}
