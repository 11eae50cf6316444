import type { Spec } from '@sbmcrm/spec';
import { PORTS, type Topology } from '@sbmcrm/topology';
import { CONFIG_DIR, type Secrets } from '../common/context.ts';
import { toYaml } from '../common/yaml.ts';
import { type Alert, alertsOf, type Severity, WATCHDOG } from '../prometheus/alerts/index.ts';
import { RELAY_PATHS } from './relay.ts';

/** The relay's user; its password is a secret of the platform. */
const RELAY_USER = 'alertmanager';

/** What wakes somebody up is told at once, unless something larger may say it, too: that is seen within so long. */
const CONSEQUENCE_WAIT = '3s';
/** Warnings that come together are one message. */
const WARNING_WAIT = '10s';
/** Looked at so often; what was told less long ago than the second is passed over, so that it comes each minute. */
const WATCHDOG_INTERVAL = '30s';
const WATCHDOG_REPEAT = '50s';

/** A destination as Alertmanager wants it. */
type Settings = Record<string, unknown>;

interface Telling {
  spec: Spec;
  topology: Topology;
  secrets: Secrets;
}

/** An address that the spec has, or a file of its. @throws never: a file that is not read yet is an empty text */
export function addressOf(
  { url, urlFile }: { url?: string | undefined; urlFile?: string | undefined },
  files: Secrets['files'],
): string {
  return url ?? files?.[urlFile ?? ''] ?? '';
}

/**
 * Who is told of what, and when. Pure.
 *
 * An alert is told once, and again as long as it holds after `alerts.repeat`; alerts of one name that come together are one message, and
 * what only follows from a larger loss is not told beside it. Whatever leaves the platform goes through the relay of the machine.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/
 */
export function alertmanagerConfig(telling: Telling): string {
  const { spec, topology } = telling;
  const alerts = alertsOf({ spec, topology });
  const consequences = alerts.filter(({ severity, follows }) => severity === 'critical' && follows);
  const named = (list: readonly Alert[]) => `alertname=~"${list.map(({ name }) => name).join('|')}"`;
  return toYaml({
    route: {
      receiver: 'warning',
      group_by: ['alertname'],
      group_wait: WARNING_WAIT,
      group_interval: '1m',
      repeat_interval: `${spec.alerts.repeat}ms`,
      routes: [
        {
          matchers: [`alertname="${WATCHDOG}"`],
          receiver: 'alive',
          group_wait: '0s',
          group_interval: WATCHDOG_INTERVAL,
          repeat_interval: WATCHDOG_REPEAT,
        },
        ...(consequences.length > 0
          ? [
              {
                matchers: [named(consequences)],
                receiver: 'critical',
                group_wait: CONSEQUENCE_WAIT,
                group_interval: '10s',
              },
            ]
          : []),
        { matchers: ['severity="critical"'], receiver: 'critical', group_wait: '0s', group_interval: '10s' },
      ],
    },
    receivers: [
      { name: 'critical', ...receiver(telling, 'critical') },
      { name: 'warning', ...receiver(telling, 'warning') },
      { name: 'alive', webhook_configs: heartbeat(telling) },
    ],
    inhibit_rules: inhibitions(alerts),
  });
}

function inhibitions(alerts: readonly Alert[]): Settings[] {
  return alerts.flatMap(({ name, follows = [] }) =>
    follows
      .filter((cause) => alerts.some((alert) => alert.name === cause.alert))
      .map((cause) => ({
        source_matchers: [`alertname="${cause.alert}"`, ...(cause.zones ? [`zone=~"${cause.zones.join('|')}"`] : [])],
        target_matchers: [`alertname="${name}"`],
        ...(cause.same ? { equal: [cause.same] } : {}),
      })),
  );
}

/** Where the machine is told, and what is let out by it. */
const relayBase = ({ topology }: Telling) => `${topology.network.management.gateway}:${PORTS.relay}`;

/** To the machine itself. */
function toMachine(telling: Telling, path: string): Settings {
  return {
    url: `http://${relayBase(telling)}${path}`,
    send_resolved: true,
    http_config: { follow_redirects: false, authorization: { credentials: telling.secrets.relay ?? '' } },
  };
}

/** To somebody outside, by the relay. */
function outside(telling: Telling, url: string, token: string | undefined): Settings {
  return {
    url,
    send_resolved: true,
    http_config: {
      follow_redirects: false,
      proxy_url: `http://${RELAY_USER}:${telling.secrets.relay ?? ''}@${relayBase(telling)}`,
      ...(token === undefined ? {} : { authorization: { credentials: token } }),
    },
  };
}

function receiver(telling: Telling, severity: Severity): Settings {
  const { spec, secrets } = telling;
  const { webhooks, email, hook } = spec.alerts;
  const isTold = (each: { severity: Severity }) => severity === 'critical' || each.severity === 'warning';
  return {
    webhook_configs: [
      toMachine(telling, RELAY_PATHS.events),
      ...(hook.length > 0 ? [toMachine(telling, RELAY_PATHS.hook)] : []),
      ...webhooks
        .filter(isTold)
        .map((each) => outside(telling, addressOf(each, secrets.files), fileOf(each.tokenFile, secrets))),
    ],
    ...(email && isTold(email) ? { email_configs: [mail(telling, email)] } : {}),
  };
}

const fileOf = (path: string | undefined, { files }: Secrets) =>
  path === undefined ? undefined : (files?.[path] ?? '');

function heartbeat(telling: Telling): Settings[] {
  const { heartbeat: wanted } = telling.spec.alerts;
  const own = { ...toMachine(telling, RELAY_PATHS.alive), send_resolved: false };
  if (!wanted) return [own];
  return [own, { ...outside(telling, addressOf(wanted, telling.secrets.files), undefined), send_resolved: false }];
}

/** The authority of the mail server. */
export const MAIL_CA_FILE = 'alertmanager/mail-ca.crt';

/** Plain text, the first line says it all: it is read on a telephone at night. */
const SUBJECT =
  '[{{ .CommonLabels.severity | toUpper }}] {{ .CommonLabels.alertname }} {{ .Status }}{{ range $n, $each := .Alerts }}{{ if eq $n 0 }}: {{ $each.Annotations.text }}{{ end }}{{ end }}';
const TEXT = `{{ range .Alerts }}{{ .Status | toUpper }} {{ .Labels.alertname }}: {{ .Annotations.text }}
since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC{{ if eq .Status "resolved" }}, until {{ .EndsAt.UTC.Format "2006-01-02 15:04:05" }} UTC{{ end }}
what to do: {{ .Annotations.runbook }}

{{ end }}`;

function mail(
  telling: Telling,
  { to, from, server, encryption, user, passwordFile, caFile }: NonNullable<Spec['alerts']['email']>,
): Settings {
  const { topology, secrets, spec } = telling;
  const port = encryption === 'tls' ? PORTS.mailRelayTls : PORTS.mailRelay;
  return {
    to: to.join(', '),
    from,
    smarthost: `${topology.network.management.gateway}:${port}`,
    hello: `${spec.platform}.internal`,
    require_tls: encryption === 'starttls',
    // The relay passes bytes on: the certificate is the server's own.
    ...(encryption === 'none'
      ? {}
      : {
          tls_config: {
            server_name: server.split(':')[0],
            ...(caFile === undefined ? {} : { ca_file: `${CONFIG_DIR}/${MAIL_CA_FILE}` }),
          },
        }),
    ...(user === undefined ? {} : { auth_username: user, auth_password: fileOf(passwordFile, secrets) }),
    send_resolved: true,
    headers: { Subject: SUBJECT },
    html: '',
    text: TEXT,
  };
}
