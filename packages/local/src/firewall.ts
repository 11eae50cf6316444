import type { NetworkPlan } from '@sbmcrm/topology';
import { run } from './machine/exec.ts';
import { runInSwitch, uplinkNames } from './network.ts';

/** What the data bridge drops. Ports are named as the bridge names them, directions as the host behind the port sees them. */
export interface DropRules {
  /** All frames from a host (`out`), to it (`in`), or both. */
  isolated: { port: string; direction: 'in' | 'out' | 'both' }[];
  /** All frames between a host of one group and a host of the other; those with the machine itself pass. */
  cuts: { left: string[]; right: string[] }[];
  /** A share of the frames to and from a host, each drawn by itself; in percent. */
  losses: { port: string; percent: number }[];
}

/**
 * The rules of the switch: what faults drop, at the hosts' ports of the data bridge. The machine is behind a port of the same
 * bridge, so that every frame is a forwarded one. Loaded in one transaction. Pure.
 */
export function renderSwitchFirewall(plan: NetworkPlan, drops: DropRules): string {
  return [
    `table bridge ${plan.id}`,
    `delete table bridge ${plan.id}`,
    `table bridge ${plan.id} {`,
    '  chain forward {',
    '    type filter hook forward priority 0; policy accept;',
    ...hostRules(drops),
    ...cutRules(drops),
    '  }',
    '}',
    '',
  ].join('\n');
}

/**
 * The machine's side, in one transaction. Pure.
 *
 * - 127.0.0.1:port leads to the floating address, without any process of ours in between.
 * - Hosts reach nothing that the machine itself binds but the local cloud's API and its relay, and nothing through the machine.
 * - Nobody else reaches hosts through the machine.
 * - No packet to or from the platform's range passes a device that is not the platform's, wherever routes lead.
 *
 * @param port published on 127.0.0.1
 * @param httpPort where the floating address listens
 * @param machinePorts what of the machine hosts reach, on the management network
 */
export function renderMachineFirewall(
  plan: NetworkPlan,
  port: number,
  httpPort: number,
  machinePorts: readonly number[],
): string {
  const { data, management } = uplinkNames(plan);
  const ours = `{ "${data}", "${management}" }`;
  const oursOrSelf = `{ "${data}", "${management}", "lo" }`;
  return [
    `table inet ${plan.id}`,
    `delete table inet ${plan.id}`,
    `table inet ${plan.id} {`,
    '  chain raw {',
    '    type filter hook prerouting priority -300; policy accept;',
    // The kernel would take them for its own, since route_localnet is on.
    `    iifname ${ours} ip daddr 127.0.0.0/8 drop`,
    `    iifname "${data}" ip saddr != ${plan.data.cidr} drop`,
    `    iifname "${management}" ip saddr != ${plan.management.cidr} drop`,
    `    iifname != ${oursOrSelf} ip daddr ${plan.cidr} drop`,
    '  }',
    '  chain input {',
    '    type filter hook input priority -10; policy accept;',
    `    iifname ${ours} ct state established,related accept`,
    `    iifname "${management}" ip daddr ${plan.management.gateway} tcp dport { ${machinePorts.join(', ')} } accept`,
    `    iifname ${ours} drop`,
    '  }',
    '  chain forward {',
    '    type filter hook forward priority -10; policy accept;',
    `    iifname ${ours} drop`,
    `    oifname ${ours} drop`,
    '  }',
    '  chain output {',
    '    type nat hook output priority -100; policy accept;',
    `    ip daddr 127.0.0.1 tcp dport ${port} dnat ip to ${plan.floating.public}:${httpPort}`,
    '  }',
    '  chain postrouting {',
    '    type nat hook postrouting priority 100; policy accept;',
    `    oifname "${data}" ip saddr 127.0.0.0/8 masquerade`,
    '  }',
    '  chain guard {',
    '    type filter hook postrouting priority 200; policy accept;',
    `    ip daddr ${plan.cidr} oifname != ${oursOrSelf} drop`,
    `    ip saddr ${plan.cidr} oifname != ${oursOrSelf} drop`,
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Rules for single hosts, whoever the other end is: on frames from them, and on frames to them. */
function hostRules({ isolated, losses }: DropRules): string[] {
  const rules = (match: string, ports: { port: string }[]) => ports.map(({ port }) => `    ${match} "${port}" drop`);
  // In hundredths of a percent: the smallest loss is 0.01 %. nft refuses a comparison that always holds.
  const draw = (percent: number) => (percent === 100 ? '' : `numgen random mod 10000 < ${Math.round(percent * 100)} `);
  const lossRules = (match: string) => losses.map(({ port, percent }) => `    ${match} "${port}" ${draw(percent)}drop`);
  return [
    ...rules(
      'iifname',
      isolated.filter(({ direction }) => direction !== 'in'),
    ),
    ...lossRules('iifname'),
    ...rules(
      'oifname',
      isolated.filter(({ direction }) => direction !== 'out'),
    ),
    ...lossRules('oifname'),
  ];
}

function cutRules({ cuts }: DropRules): string[] {
  const set = (ports: string[]) => `{ ${ports.map((port) => `"${port}"`).join(', ')} }`;
  return cuts
    .filter(({ left, right }) => left.length > 0 && right.length > 0) // an empty set is no set
    .flatMap(({ left, right }) => [
      `    iifname ${set(left)} oifname ${set(right)} drop`,
      `    iifname ${set(right)} oifname ${set(left)} drop`,
    ]);
}

/** Loads rules made by {@link renderMachineFirewall}. */
export async function loadMachineFirewall(text: string): Promise<void> {
  await run('nft', ['-f', '-'], { input: text });
}

/** Loads rules made by {@link renderSwitchFirewall}. */
export async function loadSwitchFirewall(plan: NetworkPlan, text: string): Promise<void> {
  await runInSwitch(plan, ['nft', '-f', '-'], text);
}
