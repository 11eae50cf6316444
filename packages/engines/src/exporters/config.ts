import { hostsWith, PORTS } from '@sbmcrm/topology';
import { CONFIG_DIR, type RenderContext, runScript, type ServiceBundle } from '../common/context.ts';
import { toYaml } from '../common/yaml.ts';
import { MONITOR_USER } from '../postgres/names.ts';

/** Debian's packages make this user. */
const USER = 'prometheus';
/** It holds what it was asked for one server at a time: a runaway ends before the host does. */
const MEMORY = 'GOMEMLIMIT=64MiB GOMAXPROCS=1';

/** Of what it can ask, what no figure of ours is made of costs the database time for nothing: hundreds of settings, every table. */
const ASKED = [
  '--collector.stat_statements',
  '--disable-settings-metrics',
  ...['locks', 'roles', 'stat_user_tables', 'statio_user_tables', 'wal'].map((each) => `--no-collector.${each}`),
].join(' ');

/** On a monitoring host, for its own Prometheus only. */
export function postgresExporterService({ secrets }: RenderContext): ServiceBundle {
  const file = 'postgres-exporter/config.yml';
  const content = toYaml({
    auth_modules: {
      monitor: {
        type: 'userpass',
        userpass: { username: MONITOR_USER, password: secrets.postgresMonitor ?? '' },
      },
    },
  });
  return {
    name: 'postgres-exporter',
    run: runScript(
      `export ${MEMORY}`,
      `exec chpst -u ${USER} prometheus-postgres-exporter --config.file=${CONFIG_DIR}/${file} --web.listen-address=127.0.0.1:${PORTS.postgresExporter} ${ASKED} --log.level=warn`,
    ),
    files: [{ path: file, content, owner: USER, mode: 0o600 }],
  };
}

/** On a monitoring host, for its own Prometheus only. */
export function redisExporterService({ topology, secrets }: RenderContext): ServiceBundle {
  const file = 'redis-exporter/passwords.json';
  const passwords = hostsWith(topology, 'redis').map(({ address }) => [
    `redis://${address}:${PORTS.redis}`,
    secrets.redis,
  ]);
  return {
    name: 'redis-exporter',
    run: runScript(
      `export ${MEMORY}`,
      `exec chpst -u ${USER} prometheus-redis-exporter -redis.addr= -redis.password-file=${CONFIG_DIR}/${file} -web.listen-address=127.0.0.1:${PORTS.redisExporter}`,
    ),
    files: [{ path: file, content: JSON.stringify(Object.fromEntries(passwords)), owner: USER, mode: 0o600 }],
  };
}
