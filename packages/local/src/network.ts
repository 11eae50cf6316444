import { existsSync, readFileSync } from 'node:fs';
import type { NetworkPlan } from '@sbmcrm/topology';
import type { Fault } from './cloud.ts';
import { run } from './machine/exec.ts';

/** Names of the machine's network objects for one platform. All begin with the plan's id. */
export function linkNames(plan: NetworkPlan, address: string): { data: string; management: string } {
  const [, , third, fourth] = address.split('.').map(Number);
  const suffix = [third ?? 0, fourth ?? 0].map((n) => n.toString(16).padStart(2, '0')).join('');
  return { data: `${plan.id}-${suffix}`, management: `${plan.id}m${suffix}` };
}

export function bridgeNames(plan: NetworkPlan): { data: string; management: string } {
  return { data: plan.id, management: `${plan.id}m` };
}

/**
 * A fixed hardware address for an IPv4 address, so that a host that returns is found by neighbours that still
 * remember it.
 */
export function hardwareAddress(address: string, network: 'data' | 'management'): string {
  const octets = address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
  return ['02', network === 'data' ? '00' : '01', ...octets].join(':');
}

/** What a host's ports need isolated: packets from it (`out`), to it (`in`). */
export interface Isolation {
  port: string;
  direction: 'in' | 'out' | 'both';
}

/**
 * The platform's whole firewall, loaded in one transaction. Isolation drops frames at the host's port of the data
 * bridge, in the direction as the host sees it; 127.0.0.1:port leads to the floating address without any process of
 * ours in between.
 */
export function renderFirewall(
  plan: NetworkPlan,
  port: number,
  httpPort: number,
  isolated: readonly Isolation[],
): string {
  const from = isolated.filter(({ direction }) => direction !== 'in').map((each) => each.port);
  const to = isolated.filter(({ direction }) => direction !== 'out').map((each) => each.port);
  const drop = (match: string, ports: string[]) => ports.map((name) => `    ${match} "${name}" drop`);
  const { data } = bridgeNames(plan);
  const lines = [
    `table bridge ${plan.id}`,
    `delete table bridge ${plan.id}`,
    `table bridge ${plan.id} {`,
    '  chain forward {',
    '    type filter hook forward priority 0; policy accept;',
    ...drop('iifname', from),
    ...drop('oifname', to),
    '  }',
    '  chain input {',
    '    type filter hook input priority 0; policy accept;',
    ...drop('iifname', from),
    '  }',
    '  chain output {',
    '    type filter hook output priority 0; policy accept;',
    ...drop('oifname', to),
    '  }',
    '}',
    `table ip ${plan.id}`,
    `delete table ip ${plan.id}`,
    `table ip ${plan.id} {`,
    '  chain output {',
    '    type nat hook output priority -100; policy accept;',
    `    ip daddr 127.0.0.1 tcp dport ${port} dnat to ${plan.floating.public}:${httpPort}`,
    '  }',
    '  chain postrouting {',
    '    type nat hook postrouting priority 100; policy accept;',
    `    oifname "${data}" ip saddr 127.0.0.0/8 masquerade`,
    '  }',
    '}',
    '',
  ];
  return lines.join('\n');
}

/** Active isolate faults as firewall rules. */
export function isolations(
  plan: NetworkPlan,
  faults: readonly Fault[],
  addressOf: (host: string) => string,
): Isolation[] {
  return faults
    .filter((fault) => fault.kind === 'isolate')
    .map((fault) => ({ port: linkNames(plan, addressOf(fault.target)).data, direction: fault.direction ?? 'both' }));
}

/** Loads a firewall made by {@link renderFirewall}. */
export async function loadFirewall(text: string): Promise<void> {
  await run('nft', ['-f', '-'], { input: text });
}

/**
 * Why a network cannot be used on this machine, or undefined. An address or route of somebody else inside the range
 * would take part of the platform's traffic.
 */
export async function networkConflict(plan: NetworkPlan): Promise<string | undefined> {
  const ours = Object.values(bridgeNames(plan));
  const routes = JSON.parse(await run('ip', ['-json', '-4', 'route', 'show', 'table', 'all'])) as {
    dst: string;
    dev?: string;
    type?: string;
  }[];
  const [first, second] = plan.cidr.split('.').map(Number);
  const inRange = (dst: string) => {
    if (dst === 'default') return false;
    const [address = '', bits = '32'] = dst.split('/');
    const [a, b] = address.split('.').map(Number);
    if (a !== first) return false;
    return Number(bits) >= 16
      ? b === second
      : Number(bits) > 8 && ((b ?? 0) ^ (second ?? 0)) >> (16 - Number(bits)) === 0;
  };
  const other = routes.find((route) => inRange(route.dst) && route.dev && !ours.includes(route.dev));
  return other ? `${plan.cidr} is already used on this machine (${other.dst} on ${other.dev})` : undefined;
}

/** Creates the two bridges, or completes what is there. */
export async function ensureBridges(plan: NetworkPlan): Promise<void> {
  const names = bridgeNames(plan);
  for (const [kind, name] of Object.entries(names) as ['data' | 'management', string][]) {
    const { gateway, prefixLength } = plan[kind];
    if (!existsSync(`/sys/class/net/${name}`)) {
      await run('ip', [
        'link',
        'add',
        name,
        'address',
        hardwareAddress(gateway, kind),
        'type',
        'bridge',
        'forward_delay',
        '0',
      ]);
    }
    await run('ip', ['address', 'replace', `${gateway}/${prefixLength}`, 'dev', name]);
    await run('ip', ['link', 'set', name, 'up']);
  }
  await setSysctl(`net/ipv4/conf/${names.data}/route_localnet`, '1');
}

async function setSysctl(path: string, value: string): Promise<void> {
  const file = `/proc/sys/${path}`;
  if (readFileSync(file, 'utf8').trim() === value) return;
  await run('sh', ['-c', 'echo "$1" > "$2"', 'sh', value, file]);
}

/** Takes the host's data link down: from here on it is silent, as a machine without power. */
export async function cutDataLink(plan: NetworkPlan, address: string): Promise<void> {
  const { data } = linkNames(plan, address);
  const exists = () => existsSync(`/sys/class/net/${data}`);
  if (!exists()) return;
  await run('ip', ['link', 'set', data, 'down']).catch((error) => {
    if (exists()) throw error; // else it went with its host meanwhile: that is as silent
  });
}

/** Removes every link, bridge and firewall table of the platform. */
export async function removeNetwork(plan: NetworkPlan): Promise<void> {
  for (const family of ['bridge', 'ip']) {
    // Adding first makes the deletion succeed also when there is none.
    await run('nft', ['-f', '-'], { input: `table ${family} ${plan.id}\ndelete table ${family} ${plan.id}\n` });
  }
  const links = JSON.parse(await run('ip', ['-json', 'link', 'show'])) as { ifname: string }[];
  const own = links
    .map((link) => link.ifname)
    .filter((name) => new RegExp(`^${plan.id}(m?|-[0-9a-f]{4}|m[0-9a-f]{4})$`).test(name));
  // Ports before bridges.
  for (const name of own.sort((x, y) => y.length - x.length)) await run('ip', ['link', 'delete', name]).catch(() => {});
}
