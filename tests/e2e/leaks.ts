import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

/**
 * Counts packets of platforms that leave by a device that is no platform's: at the devices themselves, after every other rule.
 * One table of the machine's firewall, named `table`.
 */
export function countLeaks(table: string, networks: readonly string[]): void {
  forgetLeaks(table);
  const devices = readdirSync('/sys/class/net').filter((name) => name !== 'lo' && !/^sbm[0-9a-f]{4}/.test(name));
  const rules = networks.flatMap((network) => [
    `ip daddr ${network} counter name leaks`,
    `ip saddr ${network} counter name leaks`,
    `arp daddr ip ${network} counter name leaks`,
  ]);
  const hook = `type filter hook egress devices = { ${devices.map((name) => `"${name}"`).join(', ')} } priority 0;`;
  const text = `table netdev ${table} { counter leaks { }; chain out { ${hook}; ${rules.join('; ')}; }; }`;
  execFileSync('nft', ['-f', '-'], { input: text });
}

/** How many there were so far. */
export function leaks(table: string): number {
  const text = execFileSync('nft', ['-j', 'list', 'counter', 'netdev', table, 'leaks'], { encoding: 'utf8' });
  const { nftables } = JSON.parse(text) as { nftables: { counter?: { packets: number } }[] };
  return nftables.find((each) => each.counter)?.counter?.packets ?? Number.NaN;
}

export function forgetLeaks(table: string): void {
  // Adding first makes the deletion succeed also when there is none.
  execFileSync('nft', ['-f', '-'], { input: `table netdev ${table}\ndelete table netdev ${table}\n` });
}
