import { hostsWith } from '@sbmcrm/topology';
import { CONFIG_DIR, type RenderContext, runScript, type ServiceBundle } from '../common/context.ts';
import { MASTER_PID_FILE } from '../haproxy/config.ts';

/** VRRP's group number; unicast peers make it unique to the pair. */
const ROUTER_ID = 77;

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
    'vrrp_script haproxy_is_alive {',
    `  script "${CONFIG_DIR}/keepalived/haproxy-is-alive.sh"`,
    '  interval 1',
    '  timeout 2',
    '  rise 1',
    '  fall 1',
    '}',
    '',
    'vrrp_instance floating {',
    '  state BACKUP',
    '  interface eth0',
    `  virtual_router_id ${ROUTER_ID}`,
    `  priority ${host.initiallyActive ? 110 : 100}`,
    '  nopreempt',
    // Three missed advertisements and the peer takes over: about a third of a second.
    '  advert_int 0.1',
    `  unicast_src_ip ${host.address}`,
    ...(peers.length > 0 ? ['  unicast_peer {', ...peers.map((peer) => `    ${peer.address}`), '  }'] : []),
    '  virtual_ipaddress {',
    ...Object.values(floating).map((address) => `    ${address}/${data.prefixLength} dev eth0`),
    '  }',
    '  track_script {',
    '    haproxy_is_alive',
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Fails when HAProxy's master process is gone. Shell built-ins only: it runs every second. */
export function haproxyAliveScript(): string {
  return `#!/bin/sh\nread -r pid < ${MASTER_PID_FILE} && kill -0 "$pid"\n`;
}

/** keepalived on a load balancer host. */
export function keepalivedService(context: RenderContext): ServiceBundle {
  return {
    name: 'keepalived',
    reload: 'HUP',
    run: runScript(
      'rm -f /run/keepalived.pid /run/vrrp.pid',
      `exec keepalived --dont-fork --log-console --vrrp --use-file ${CONFIG_DIR}/keepalived/keepalived.conf`,
    ),
    files: [
      { path: 'keepalived/keepalived.conf', content: keepalivedConfig(context), owner: 'root', mode: 0o600 },
      { path: 'keepalived/haproxy-is-alive.sh', content: haproxyAliveScript(), owner: 'root', mode: 0o700 },
    ],
  };
}
