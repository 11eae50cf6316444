import { PORTS } from '@sbmcrm/topology';
import {
  CODE_DIR,
  CONFIG_DIR,
  DATA_DIR,
  type RenderContext,
  runScript,
  type ServiceBundle,
} from '../common/context.ts';
import { PROMOTION_PATH } from '../postgres/bootstrap.ts';
import { isByHand, LEAD_FILE, MAY_LEAD_KEY } from '../postgres/hold/by-hand.ts';
import { END_MAINTENANCE, MAINTENANCE_KEY } from '../postgres/hold/maintenance.ts';
import { PATRONI_API_USER } from '../postgres/names.ts';

const SETTING = 'disk-watch/setting.json';
/** What is laid aside. On the server's disk, and not among its files: a copy of the server has its own. */
const RESERVE = `${DATA_DIR}/postgres/reserve`;

/** Lets the standby take over where the disk of the primary is full. As PostgreSQL's user: the room is what that one may write. */
export function diskWatchService({ spec, host, secrets }: RenderContext): ServiceBundle {
  const setting = {
    host: host.name,
    url: `http://127.0.0.1:${PORTS.patroni}`,
    user: PATRONI_API_USER,
    password: secrets.patroniApi,
    isFirst: host.initiallyActive,
    isSync: spec.database.replicationMode === 'sync',
    maintenance: { key: MAINTENANCE_KEY, end: END_MAINTENANCE },
    lead: { isByHand: isByHand({ spec }), key: MAY_LEAD_KEY, file: LEAD_FILE },
  };
  const node = `${CODE_DIR}/node_modules/.bin/node --max-old-space-size=16 --max-semi-space-size=1`;
  return {
    name: 'disk-watch',
    run: runScript(
      `install -d -o postgres -g postgres -m 0700 ${DATA_DIR}/postgres`,
      `cd ${CODE_DIR}`,
      `exec chpst -u postgres ${node} packages/controllers/src/disk-watch/main.ts ${CONFIG_DIR}/${SETTING} ${RESERVE} ${PROMOTION_PATH}`,
    ),
    files: [{ path: SETTING, content: JSON.stringify(setting), owner: 'postgres', mode: 0o600 }],
  };
}
