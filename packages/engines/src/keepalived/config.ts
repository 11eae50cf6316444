import { hostsWith, PORTS } from '@sbmcrm/topology';
import { CONFIG_DIR, type RenderContext, runScript, type ServiceBundle } from '../common/context.ts';
import { ETCD_METRICS_PORT } from '../etcd/config.ts';
import { ALIVE_PORT } from '../haproxy/config.ts';
import { MAY_FILE, makeMayFile } from '../holder/config.ts';

/** VRRP's group number; unicast peers make it unique to the pair. */
const ROUTER_ID = 77;
/** Hosts that are asked for a sign of life, at 0.3 s each. */
const MOST_PROBES = 8;

/**
 * keepalived's configuration: the platform's floating addresses are on one of the load balancers.
 *
 * `nopreempt`: a returned load balancer does not take the addresses back, since every move cuts connections.
 */
export function keepalivedConfig(context: RenderContext): string {
  const { topology, host } = context;
  const { floating, data } = topology.network;
  const peers = hostsWith(topology, 'keepalived').filter((peer) => peer.name !== host.name);
  return [
    'global_defs {',
    `  router_id ${host.name}`,
    '  script_user root',
    '  enable_script_security',
    '  vrrp_version 3',
    '  vrrp_garp_master_repeat 3',
    '  vrrp_garp_master_refresh 10',
    '}',
    '',
    'vrrp_script may_hold_the_addresses {',
    `  script "${CONFIG_DIR}/keepalived/may-hold.sh"`,
    '  interval 1',
    '  timeout 4',
    '  rise 1',
    '  fall 2',
    '}',
    '',
    ...(peers.length > 0 ? ['track_file may_have_the_addresses {', `  file "${MAY_FILE}"`, '  weight 0', '}', ''] : []),
    'vrrp_instance floating {',
    '  state BACKUP',
    '  interface eth0',
    `  virtual_router_id ${ROUTER_ID}`,
    `  priority ${host.initiallyActive ? 110 : 100}`,
    '  nopreempt',
    // Three missed advertisements and the peer takes over: after 0.9 s. In less than a second, so that who could not connect meanwhile
    // can when TCP asks again; not much less, since a busy machine may keep a process waiting for half of it.
    '  advert_int 0.25',
    ...(peers.length > 0
      ? [`  unicast_src_ip ${host.address}`, '  unicast_peer {', ...peers.map((peer) => `    ${peer.address}`), '  }']
      : []),
    '  virtual_ipaddress {',
    ...Object.values(floating).map((address) => `    ${address}/${data.prefixLength} dev eth0`),
    '  }',
    '  track_script {',
    '    may_hold_the_addresses',
    '  }',
    ...(peers.length > 0 ? ['  track_file {', '    may_have_the_addresses', '  }'] : []),
    '}',
    '',
  ].join('\n');
}

/**
 * Fails when this host must not hold the floating addresses: HAProxy does not answer (dead or hung), or no other host
 * does. A load balancer that hears nobody would still advertise itself, and keep the addresses from its healthy peer.
 *
 * Any of several hosts counts, and a connection is enough, whatever listens there would say: the check is about this host's link, so
 * an outage of one engine must not take the addresses away.
 *
 * It runs every second on each load balancer, so it starts no program: with curl it took five times the processor time.
 */
export function mayHoldScript({ spec, topology }: Pick<RenderContext, 'spec' | 'topology'>): string {
  const signsOfLife = [
    ...hostsWith(topology, 'etcd').map((other) => `${other.address}/${ETCD_METRICS_PORT}`),
    ...topology.apiSlots.filter(({ initial }) => initial).map((other) => `${other.address}/${spec.application.port}`),
    ...hostsWith(topology, 'patroni').map((other) => `${other.address}/${PORTS.patroni}`),
  ];
  return [
    '#!/bin/bash',
    'exec 2>/dev/null',
    `exec 3<>/dev/tcp/127.0.0.1/${ALIVE_PORT} || exit 1`,
    `printf 'GET /alive HTTP/1.0\\r\\n\\r\\n' >&3`,
    'read -r -t 1 status <&3 || exit 1',
    '[[ $status == "HTTP/"*" 200 "* ]] || exit 1',
    // The usual case is one look. When all are silent, the loop ends within the check's time-out.
    `for place in ${signsOfLife.slice(0, MOST_PROBES).join(' ')}; do`,
    '  read -r -t 0.3 answer < <(: <>/dev/tcp/$place && echo yes)',
    '  [[ $answer ]] && exit 0',
    // It would wait for minutes, and there is one every second.
    '  kill $!',
    'done',
    'exit 1',
    '',
  ].join('\n');
}

/**
 * Takes the floating addresses off this host. One that was killed could not do it itself, and its peer, which hears nobody, takes them:
 * both would answer for them.
 */
function giveUpScript({ topology }: Pick<RenderContext, 'topology'>): string {
  const { floating, data } = topology.network;
  return runScript(
    ...Object.values(floating).map(
      (address) => `ip address delete ${address}/${data.prefixLength} dev eth0 2>/dev/null || true`,
    ),
  );
}

/** keepalived on a load balancer host. */
export function keepalivedService(context: RenderContext): ServiceBundle {
  return {
    name: 'keepalived',
    reload: 'HUP',
    run: runScript(
      'rm -f /run/keepalived.pid /run/vrrp.pid',
      ...(context.host.services.includes('holder') ? makeMayFile() : []),
      `exec keepalived --dont-fork --log-console --vrrp --use-file ${CONFIG_DIR}/keepalived/keepalived.conf`,
    ),
    finish: giveUpScript(context),
    files: [
      { path: 'keepalived/keepalived.conf', content: keepalivedConfig(context), owner: 'root', mode: 0o600 },
      { path: 'keepalived/may-hold.sh', content: mayHoldScript(context), owner: 'root', mode: 0o700 },
    ],
  };
}
