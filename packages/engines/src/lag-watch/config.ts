import { PORTS } from '@sbmcrm/topology';
import { CODE_DIR, CONFIG_DIR, type RenderContext, runScript, type ServiceBundle } from '../common/context.ts';

const SETTING = 'lag-watch/setting.json';

/** Says whether a database host shows what is fresh enough to be read; HAProxy asks it beside Patroni. */
export function lagWatchService({ spec, host }: RenderContext): ServiceBundle {
  const setting = {
    url: `http://127.0.0.1:${PORTS.patroni}`,
    address: host.address,
    port: PORTS.lagWatch,
    metrics: { address: host.managementAddress, port: PORTS.lagMetrics },
    maxLagMs: spec.database.replicaMaxLag,
  };
  const node = `${CODE_DIR}/node_modules/.bin/node --max-old-space-size=16 --max-semi-space-size=1`;
  return {
    name: 'lag-watch',
    run: runScript(
      `cd ${CODE_DIR}`,
      `exec chpst -u nobody:nogroup ${node} packages/controllers/src/lag-watch/main.ts ${CONFIG_DIR}/${SETTING}`,
    ),
    files: [{ path: SETTING, content: JSON.stringify(setting), owner: 'nobody', mode: 0o600 }],
  };
}
