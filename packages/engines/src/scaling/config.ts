import { PORTS, type Topology } from '@sbmcrm/topology';
import { CODE_DIR, CONFIG_DIR, type RenderContext, runScript, type ServiceBundle } from '../common/context.ts';
import { authorities } from '../etcd/config.ts';

const SETTING = 'scaling/setting.json';

/** Where etcd has who decides, how many instances are wanted, and what is known of them. */
export function scalingKeys({ platform }: Pick<Topology, 'platform'>) {
  const folder = `/${platform}/scaling`;
  return { leader: `${folder}/leader`, capacity: `${folder}/capacity`, memory: `${folder}/memory` };
}

/** As etcd's user, whose neighbour it asks who leads. */
export function scalingService({ spec, topology, host, secrets, scaleToken = '' }: RenderContext): ServiceBundle {
  const { clientCert: cert, clientKey: key } = secrets.tls;
  const { min, max, desired, scaleUp, scaleDown, cooldown, healthCheck, timezone, schedule } =
    spec.application.autoScaling;
  const setting = {
    name: host.name,
    etcd: { url: `https://127.0.0.1:${PORTS.etcdClient}`, ca: authorities(secrets), cert, key },
    keys: scalingKeys(topology),
    cloud: { url: `http://${topology.network.management.gateway}:${PORTS.cloudApi}`, token: scaleToken },
    policy: {
      up: { above: scaleUp.above, forMs: scaleUp.for, add: scaleUp.add },
      down: { below: scaleDown.below, forMs: scaleDown.for, remove: scaleDown.remove },
      cooldownMs: cooldown,
      graceMs: healthCheck.gracePeriod,
    },
    spec: { min, max, desired },
    schedule: schedule.map((each) => ({ ...each, timezone })),
  };
  const node = `${CODE_DIR}/node_modules/.bin/node --max-old-space-size=24 --max-semi-space-size=1`;
  return {
    name: 'scaling',
    run: runScript(
      `cd ${CODE_DIR}`,
      `exec chpst -u etcd ${node} packages/controllers/src/scaling/main.ts ${CONFIG_DIR}/${SETTING}`,
    ),
    files: [{ path: SETTING, content: JSON.stringify(setting), owner: 'etcd', mode: 0o600 }],
  };
}
