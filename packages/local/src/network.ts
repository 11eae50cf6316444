import { existsSync } from 'node:fs';
import { ToolError } from '@sbmcrm/errors';
import type { NetworkPlan } from '@sbmcrm/topology';
import { CommandError, run } from './machine/exec.ts';

/**
 * The network of one platform.
 *
 * Both bridges are in a network namespace of their own, the switch: rules of the machine's firewall (Docker's, ufw's) never
 * meet a frame between hosts, whatever `bridge-nf-call-iptables` says, and flushing them does not undo a fault. The machine
 * has one link into each bridge, with the first address of its half of the range. The whole range has an `unreachable` route
 * besides, so that a packet for a platform that is not there goes nowhere instead of to the machine's default route.
 */

/** In the switch: the two bridges, and their ports to the machine. */
export const BRIDGES = { data: 'data', management: 'management' } as const;
const MACHINE_PORTS = { data: 'machine-d', management: 'machine-m' } as const;
type Half = keyof typeof BRIDGES;
const HALVES: readonly Half[] = ['data', 'management'];

/** Worse than whatever a real route would have: it counts only where there is no other. */
const LAST_METRIC = '4294967295';

/** The network namespace with a platform's bridges, as `ip netns` names it. */
export function switchName(plan: NetworkPlan): string {
  return plan.id;
}

/** Names of the machine's two links into a platform's networks. */
export function uplinkNames(plan: NetworkPlan): Record<Half, string> {
  return { data: plan.id, management: `${plan.id}m` };
}

/** Names of a host's ports on the two bridges; at most 15 characters. */
export function linkNames(plan: NetworkPlan, address: string): Record<Half, string> {
  const [, , third, fourth] = address.split('.').map(Number);
  const suffix = [third ?? 0, fourth ?? 0].map((n) => n.toString(16).padStart(2, '0')).join('');
  return { data: `${plan.id}-${suffix}`, management: `${plan.id}m${suffix}` };
}

/**
 * A fixed hardware address for an IPv4 address, so that a host that returns is found by neighbours that still
 * remember it.
 */
export function hardwareAddress(address: string, network: Half): string {
  const octets = address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
  return ['02', network === 'data' ? '00' : '01', ...octets].join(':');
}

/** A route as `ip -json route` prints it. */
export interface Route {
  dst: string;
  dev?: string;
  type?: string;
}

const bitsOf = (address: string) => address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);

/**
 * A route of somebody else that would take part of the range: one inside it, or the range itself. Pure. A wider one (a VPN's
 * 10.0.0.0/8) takes nothing: the platform's own routes are more specific in every phase, see {@link claimRange}.
 */
export function conflictingRoute(plan: NetworkPlan, routes: readonly Route[]): Route | undefined {
  const ours = Object.values(uplinkNames(plan));
  const range = Math.floor(bitsOf(plan.cidr.split('/')[0] ?? '') / 2 ** 16);
  return routes.find(({ dst, dev }) => {
    const [address = '', bits = '32'] = dst.split('/');
    if (dst === 'default' || dev === undefined || ours.includes(dev)) return false;
    return Number(bits) >= 16 && Math.floor(bitsOf(address) / 2 ** 16) === range;
  });
}

/** Why a network cannot be used on this machine, or undefined. */
export async function networkConflict(plan: NetworkPlan): Promise<string | undefined> {
  const routes = JSON.parse(await run('ip', ['-json', '-4', 'route', 'show', 'table', 'all'])) as Route[];
  const other = conflictingRoute(plan, routes);
  return other ? `${plan.cidr} is already used on this machine (${other.dst} on ${other.dev})` : undefined;
}

/**
 * Makes the whole range unreachable but for what the platform's own links reach.
 *
 * @throws Error in one line if the kernel would send a packet for it elsewhere all the same: a policy route before the main
 *   table, as some VPNs have
 */
export async function claimRange(plan: NetworkPlan): Promise<void> {
  await run('ip', ['route', 'replace', 'unreachable', plan.cidr, 'metric', LAST_METRIC]);
  const ours = Object.values(uplinkNames(plan));
  // Asked of the kernel, since rules and tables of other programs have a say in it.
  for (const address of [plan.floating.public, plan.management.gateway.replace(/1$/, '9')]) {
    const dev = await outgoingDevice(address);
    if (dev === undefined || ours.includes(dev)) continue;
    throw new ToolError(
      'NETWORK_TAKEN',
      `${plan.cidr} is not free on this machine: a routing rule sends it to ${dev} (see \`ip rule\`) — end that VPN; a platform that has no data yet can have another network with --network`,
    );
  }
}

/** The device that a packet would leave by; undefined if it would not leave. */
async function outgoingDevice(address: string): Promise<string | undefined> {
  try {
    const [route] = JSON.parse(await run('ip', ['-json', 'route', 'get', address])) as Route[];
    return route?.dev;
  } catch (error) {
    if (error instanceof CommandError) return undefined; // unreachable
    throw error;
  }
}

async function releaseRange(plan: NetworkPlan): Promise<void> {
  await run('ip', ['route', 'delete', 'unreachable', plan.cidr, 'metric', LAST_METRIC]).catch(() => {});
}

/** Runs `ip` inside the switch. */
function inSwitch(plan: NetworkPlan, args: string[], input?: string): Promise<string> {
  return run('ip', ['-netns', switchName(plan), ...args], input === undefined ? {} : { input });
}

/** Runs another command in the switch's network: `nft`, `tc`, `sysctl`. */
export function runInSwitch(plan: NetworkPlan, command: string[], input?: string): Promise<string> {
  const args = [`--net=/run/netns/${switchName(plan)}`, ...command];
  return run('nsenter', args, input === undefined ? {} : { input });
}

/** Names of all links in the switch; none if there is no switch. */
export async function switchLinks(plan: NetworkPlan): Promise<string[]> {
  if (!existsSync(`/run/netns/${switchName(plan)}`)) return [];
  const links = JSON.parse(await inSwitch(plan, ['-json', 'link', 'show'])) as { ifname: string }[];
  return links.map((link) => link.ifname);
}

/** @throws Error in one line where a platform from before there were switches is still up */
export function assertNoOldBridge(plan: NetworkPlan): void {
  if (!existsSync(`/sys/class/net/${plan.id}/bridge`)) return;
  throw new ToolError(
    'SPEC_CONTRADICTS',
    'this platform was brought up by an older version: run `sbmcrm down` first (data stays)',
  );
}

/** Whether {@link ensureSwitch} would find nothing missing. */
export async function isSwitchWhole(plan: NetworkPlan): Promise<boolean> {
  const there = await switchLinks(plan);
  return HALVES.every(
    (half) =>
      there.includes(BRIDGES[half]) &&
      there.includes(MACHINE_PORTS[half]) &&
      existsSync(`/sys/class/net/${uplinkNames(plan)[half]}`),
  );
}

/**
 * Creates the switch and the machine's links into it, or completes what is there.
 *
 * @returns whether something was missing
 */
export async function ensureSwitch(plan: NetworkPlan): Promise<boolean> {
  const before = await switchLinks(plan);
  if (before.length === 0) {
    await run('ip', ['netns', 'add', switchName(plan)]);
    // Nothing here speaks IPv6, and frames between hosts meet no layer 3 rules.
    await runInSwitch(plan, [
      'sh',
      '-c',
      'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6;' +
        ' for f in /proc/sys/net/bridge/bridge-nf-call-*tables; do [ ! -e "$f" ] || echo 0 > "$f"; done',
    ]).catch(() => {}); // a kernel without IPv6
  }
  let changed = before.length === 0;
  for (const half of HALVES) changed = (await ensureHalf(plan, half, before)) || changed;
  return changed;
}

async function ensureHalf(plan: NetworkPlan, half: Half, before: readonly string[]): Promise<boolean> {
  const bridge = BRIDGES[half];
  const uplink = uplinkNames(plan)[half];
  const port = MACHINE_PORTS[half];
  const { gateway, prefixLength } = plan[half];
  const hasBridge = before.includes(bridge);
  const hasUplink = before.includes(port) && existsSync(`/sys/class/net/${uplink}`);
  if (!hasBridge) {
    const ports = before.filter((name) =>
      new RegExp(`^${plan.id}${half === 'data' ? '-' : 'm'}[0-9a-f]{4}$`).test(name),
    );
    const lines = [
      `link add ${bridge} type bridge forward_delay 0`,
      `link set ${bridge} up`,
      // Hosts that outlived their bridge.
      ...[...ports, ...(hasUplink ? [port] : [])].map((name) => `link set ${name} master ${bridge} up`),
    ];
    await inSwitch(plan, ['-batch', '-'], `${lines.join('\n')}\n`);
  }
  if (!hasUplink) {
    if (before.includes(port)) await inSwitch(plan, ['link', 'delete', port]);
    await run('ip', [
      'link',
      'add',
      uplink,
      'address',
      hardwareAddress(gateway, half),
      'type',
      'veth',
      'peer',
      'name',
      port,
      'netns',
      switchName(plan),
    ]);
  }
  // Also where it was there: a command may have been ended between making it and this.
  await inSwitch(plan, ['link', 'set', port, 'master', bridge, 'up']);
  // Hosts reach nothing of the machine over IPv6 either.
  await setSysctl(`net/ipv6/conf/${uplink}/disable_ipv6`, '1');
  await run('ip', ['address', 'replace', `${gateway}/${prefixLength}`, 'dev', uplink]);
  await run('ip', ['link', 'set', uplink, 'up']);
  // The entry on 127.0.0.1 leads out of this link; frames that come in for 127.0.0.0/8 are dropped, see firewall.ts.
  if (half === 'data') await setSysctl(`net/ipv4/conf/${uplink}/route_localnet`, '1');
  return !hasBridge || !hasUplink;
}

async function setSysctl(path: string, value: string): Promise<void> {
  const file = `/proc/sys/${path}`;
  if (existsSync(file)) await run('sh', ['-c', 'echo "$1" > "$2"', 'sh', value, file]);
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
  const names = addresses.map((address) => linkNames(plan, address).data);
  const existing = async () => {
    const all = await switchLinks(plan);
    return names.filter((name) => all.includes(name));
  };
  const links = await existing();
  if (links.length === 0) return;
  // With -force the others are set also when one went with its host meanwhile: that one is as silent.
  const set = (which: string[]) =>
    inSwitch(plan, ['-force', '-batch', '-'], which.map((name) => `link set ${name} ${state}\n`).join(''));
  await set(links).catch(async () => {
    const rest = await existing();
    if (rest.length > 0) await set(rest);
  });
}

/** Removes every link, namespace and firewall table of the platform, and last of all its claim on the range. */
export async function removeNetwork(plan: NetworkPlan): Promise<void> {
  const own = new RegExp(`^${plan.id}(m?|-[0-9a-f]{4}|m[0-9a-f]{4})$`);
  const links = JSON.parse(await run('ip', ['-json', 'link', 'show'])) as { ifname: string }[];
  // Links of hosts are here only of a platform from before there were switches; ports before bridges.
  const names = links.map((link) => link.ifname).filter((name) => own.test(name));
  for (const name of names.sort((x, y) => y.length - x.length))
    await run('ip', ['link', 'delete', name]).catch(() => {});
  if (existsSync(`/run/netns/${switchName(plan)}`)) await run('ip', ['netns', 'delete', switchName(plan)]);
  for (const family of ['bridge', 'ip', 'inet']) {
    // Adding first makes the deletion succeed also when there is none.
    await run('nft', ['-f', '-'], { input: `table ${family} ${plan.id}\ndelete table ${family} ${plan.id}\n` });
  }
  // Whoever still waits for an answer would go on asking, by the machine's default route.
  await run('ss', ['--kill', '--tcp', 'dst', plan.cidr]).catch(() => {}); // a kernel that cannot
  await releaseRange(plan);
}
