import { PORTS } from '@sbmcrm/topology';
import { CODE_DIR, CONFIG_DIR, type RenderContext, runScript, type ServiceBundle } from '../common/context.ts';
import { authorities } from '../etcd/config.ts';

const SETTING = 'scheduler/setting.json';

/** As etcd's user, whose neighbour it asks who leads. */
export function schedulerService({ spec, topology, host, secrets, scheduleToken = '' }: RenderContext): ServiceBundle {
  const { clientCert: cert, clientKey: key } = secrets.tls;
  const { timezone, schedule } = spec.drills;
  const folder = `/${topology.platform}/schedule`;
  const setting = {
    name: host.name,
    etcd: { url: `https://127.0.0.1:${PORTS.etcdClient}`, ca: authorities(secrets), cert, key },
    keys: { leader: `${folder}/leader`, known: `${folder}/known` },
    cloud: { url: `http://${topology.network.management.gateway}:${PORTS.cloudApi}`, token: scheduleToken },
    tasks: schedule.map(({ drill, at }) => ({ name: drill, at, timezone })),
  };
  const node = `${CODE_DIR}/node_modules/.bin/node --max-old-space-size=24 --max-semi-space-size=1`;
  return {
    name: 'scheduler',
    run: runScript(
      `cd ${CODE_DIR}`,
      `exec chpst -u etcd ${node} packages/controllers/src/scheduler/main.ts ${CONFIG_DIR}/${SETTING}`,
    ),
    files: [{ path: SETTING, content: JSON.stringify(setting), owner: 'etcd', mode: 0o600 }],
  };
}
