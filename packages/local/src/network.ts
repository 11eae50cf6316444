import { existsSync, readFileSync } from 'node:fs';
import type { NetworkPlan } from '@sbmcrm/topology';
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

/** Takes hosts' data links down in one stroke: from here on they are silent, as machines without power. */
export async function cutDataLinks(plan: NetworkPlan, addresses: readonly string[]): Promise<void> {
  await setDataLinks(plan, addresses, 'down');
}

/** Puts a host's data link up again, where a daemon died between taking it down and killing the host. */
export async function raiseDataLink(plan: NetworkPlan, address: string): Promise<void> {
  await setDataLinks(plan, [address], 'up');
}

async function setDataLinks(plan: NetworkPlan, addresses: readonly string[], state: 'up' | 'down'): Promise<void> {
  const existing = () =>
    addresses.map((address) => linkNames(plan, address).data).filter((link) => existsSync(`/sys/class/net/${link}`));
  const links = existing();
  if (links.length === 0) return;
  // With -force the others are set also when one went with its host meanwhile: that one is as silent.
  const set = (names: string[]) =>
    run('ip', ['-force', '-batch', '-'], { input: names.map((name) => `link set ${name} ${state}\n`).join('') });
  await set(links).catch(async () => {
    const rest = existing();
    if (rest.length > 0) await set(rest);
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
