import type { NetworkPlan } from '@sbmcrm/topology';
import { run } from './machine/exec.ts';
import { bridgeNames } from './network.ts';

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
 * The platform's whole firewall, loaded in one transaction. Drop rules act at the hosts' ports of the data bridge;
 * 127.0.0.1:port leads to the floating address without any process of ours in between.
 */
export function renderFirewall(plan: NetworkPlan, port: number, httpPort: number, drops: DropRules): string {
  const { data } = bridgeNames(plan);
  const { from, to } = hostRules(drops);
  const lines = [
    `table bridge ${plan.id}`,
    `delete table bridge ${plan.id}`,
    `table bridge ${plan.id} {`,
    '  chain forward {',
    '    type filter hook forward priority 0; policy accept;',
    ...from,
    ...to,
    ...cutRules(drops),
    '  }',
    '  chain input {',
    '    type filter hook input priority 0; policy accept;',
    ...from,
    '  }',
    '  chain output {',
    '    type filter hook output priority 0; policy accept;',
    ...to,
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

/** Rules for single hosts, whoever the other end is: on frames from them, and on frames to them. */
function hostRules({ isolated, losses }: DropRules): { from: string[]; to: string[] } {
  const rules = (match: string, ports: { port: string }[]) => ports.map(({ port }) => `    ${match} "${port}" drop`);
  // In hundredths of a percent: the smallest loss is 0.01 %. nft refuses a comparison that always holds.
  const draw = (percent: number) => (percent === 100 ? '' : `numgen random mod 10000 < ${Math.round(percent * 100)} `);
  const lossRules = (match: string) => losses.map(({ port, percent }) => `    ${match} "${port}" ${draw(percent)}drop`);
  return {
    from: [
      ...rules(
        'iifname',
        isolated.filter(({ direction }) => direction !== 'in'),
      ),
      ...lossRules('iifname'),
    ],
    to: [
      ...rules(
        'oifname',
        isolated.filter(({ direction }) => direction !== 'out'),
      ),
      ...lossRules('oifname'),
    ],
  };
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

/** Loads a firewall made by {@link renderFirewall}. */
export async function loadFirewall(text: string): Promise<void> {
  await run('nft', ['-f', '-'], { input: text });
}
