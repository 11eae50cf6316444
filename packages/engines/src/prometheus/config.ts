import { DISCOVERY_PATH, METRICS_PATH } from '@sbmcrm/cloud';
import { hostsWith, PORTS } from '@sbmcrm/topology';
import { ALERTMANAGER_USER } from '../alertmanager/relay.ts';
import {
  CONFIG_DIR,
  DATA_DIR,
  type RenderContext,
  runScript,
  type Scrape,
  type Secrets,
  type ServiceBundle,
} from '../common/context.ts';
import { toYaml } from '../common/yaml.ts';
import { certificatesEnd } from '../etcd/certificates.ts';
import { alertRules } from './rules.ts';

const USER = 'prometheus';
const TOKEN_FILE = 'prometheus/token';
const RULES_FILE = 'prometheus/rules.yml';
/** Below the folder of configurations. */
export const ALERTMANAGER_PASSWORD_FILE = 'prometheus/alertmanager';
/** What is looked at more often: a fault is to be told within seconds. */
const URGENT_MS = 2000;
/** What is looked at less often; figures over half a minute need three looks. */
const SELDOM_MS = 10_000;
/**
 * What was seen last is believed for so long, three looks at what is looked at least often, where nothing says that it is over: a
 * Prometheus that lost its power wrote no such mark. With its default of five minutes it would go on to see two holders of an address
 * that moved meanwhile.
 */
const KNOWN_FOR_MS = 30_000;
/** New and lost instances are seen after as long. */
const DISCOVER_MS = 5000;
/** A monitoring host's disk has room for more than its figures: past this the oldest go. */
const DISK_SHARE = 0.75;

const duration = (milliseconds: number) => `${milliseconds}ms`;
/** Prometheus takes no fraction of a unit. */
const seconds = (milliseconds: number) => `${Math.max(1, Math.round(milliseconds / 1000))}s`;

/**
 * Prometheus' configuration. Whom it looks at is told by the cloud, so that it follows instances as they come and go; what each of them
 * runs decides which of its figures are asked for, and where.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/
 */
export function prometheusConfig({ spec, topology, scrapes = [] }: RenderContext): string {
  const { gateway } = topology.network.management;
  const authorization = { credentials_file: `${CONFIG_DIR}/${TOKEN_FILE}` };
  const urgent = Math.min(URGENT_MS, spec.monitoring.interval);
  const intervalOf = (scrape: Scrape) =>
    scrape.urgent ? urgent : Math.max(spec.monitoring.interval, scrape.seldom ? SELDOM_MS : 0);
  const discovery = {
    url: `http://${gateway}:${PORTS.cloudApi}${DISCOVERY_PATH}`,
    refresh_interval: duration(DISCOVER_MS),
    authorization,
  };
  const every = (interval: number) => ({ scrape_interval: duration(interval), scrape_timeout: duration(interval) });
  return toYaml({
    global: { ...every(spec.monitoring.interval), evaluation_interval: duration(urgent) },
    rule_files: [`${CONFIG_DIR}/${RULES_FILE}`],
    alerting: {
      alertmanagers: [
        {
          ...basicAuth({ user: ALERTMANAGER_USER, passwordFile: ALERTMANAGER_PASSWORD_FILE }),
          static_configs: [
            {
              targets: hostsWith(topology, 'alertmanager').map(
                ({ managementAddress }) => `${managementAddress}:${PORTS.alertmanager}`,
              ),
            },
          ],
        },
      ],
    },
    scrape_configs: [
      // Hosts' own figures, which their provider tells.
      ...(['state', 'usage'] as const).map((part) => ({
        job_name: `hosts-${part}`,
        ...every(part === 'state' ? urgent : spec.monitoring.interval),
        metrics_path: METRICS_PATH,
        params: { part: [part] },
        honor_labels: true,
        authorization,
        static_configs: [{ targets: [`${gateway}:${PORTS.cloudApi}`], labels: { host: 'cloud' } }],
      })),
      ...scrapes.map((scrape) => ({
        job_name: scrape.service,
        ...every(intervalOf(scrape)),
        metrics_path: scrape.by?.path ?? scrape.path,
        ...(scrape.params ? { params: scrape.params } : {}),
        ...(scrape.login ? basicAuth(scrape.login) : {}),
        http_sd_configs: [discovery],
        relabel_configs: relabelling(scrape),
      })),
    ],
  });
}

const basicAuth = ({ user, passwordFile }: NonNullable<Scrape['login']>) => ({
  basic_auth: { username: user, password_file: `${CONFIG_DIR}/${passwordFile}` },
});

function relabelling({ of, network, port, by }: Scrape): Record<string, unknown>[] {
  const address = network === 'management' ? '__meta_management' : '__address__';
  const label = (name: string) => ({ source_labels: [`__meta_${name}`], target_label: name });
  return [
    { source_labels: ['__meta_services'], regex: `.*,${of},.*`, action: 'keep' },
    label('host'),
    label('zone'),
    { source_labels: ['__meta_host'], target_label: 'instance' },
    ...(by
      ? [
          { source_labels: [address], target_label: '__param_target', replacement: by.target(`$1:${port}`) },
          { target_label: '__address__', replacement: `127.0.0.1:${by.port}` },
        ]
      : [{ source_labels: [address], target_label: '__address__', replacement: `$1:${port}` }]),
  ];
}

/** Damaged ones have no end; `status` tells of them. */
function endOf({ tls }: Secrets): { certificatesEndMs?: number } {
  const end = certificatesEnd(tls);
  return end > 0 ? { certificatesEndMs: end } : {};
}

/** Prometheus on a monitoring host; on the management network only. */
export function prometheusService(context: RenderContext): ServiceBundle {
  const { spec, topology, host, secrets, watchToken = '' } = context;
  const config = `${CONFIG_DIR}/prometheus/prometheus.yml`;
  const data = `${DATA_DIR}/prometheus`;
  const size = `${Math.floor((host.size.disk * DISK_SHARE) / 1024 ** 2)}MB`;
  return {
    name: 'prometheus',
    reload: 'HUP',
    run: runScript(
      `install -d -o ${USER} -g ${USER} -m 0700 ${data}`,
      `export GOMEMLIMIT=${Math.floor((host.size.memory * 0.5) / 1024 ** 2)}MiB GOMAXPROCS=1`,
      `exec chpst -u ${USER} prometheus --config.file=${config} --storage.tsdb.path=${data}` +
        ` --storage.tsdb.retention.time=${seconds(spec.monitoring.retention)} --storage.tsdb.retention.size=${size}` +
        ` --query.lookback-delta=${duration(KNOWN_FOR_MS)}` +
        ` --web.listen-address=${host.managementAddress}:${PORTS.prometheus} --log.level=warn`,
    ),
    files: [
      { path: 'prometheus/prometheus.yml', content: prometheusConfig(context), owner: USER, mode: 0o600 },
      { path: RULES_FILE, content: alertRules({ spec, topology, ...endOf(secrets) }), owner: USER, mode: 0o600 },
      { path: TOKEN_FILE, content: watchToken, owner: USER, mode: 0o600 },
      { path: ALERTMANAGER_PASSWORD_FILE, content: secrets.alertmanager ?? '', owner: USER, mode: 0o600 },
    ],
  };
}
