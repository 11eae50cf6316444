import { type Fault, hostsIn, type PlacedHost, parseTarget, touchedHosts } from '@sbmcrm/cloud';
import type { NetworkPlan } from '@sbmcrm/topology';
import type { DropRules } from '../firewall.ts';
import { run } from '../machine/exec.ts';
import { linkNames, runInSwitch, switchLinks } from '../network.ts';
import { FAULT_KINDS, faultKind } from './registry.ts';

/** A host with its port on the data bridge. */
type AddressedHost = PlacedHost & { address: string };

/** What the firewall drops under the faults that are active: pure. Faults of hosts that are gone have no port. */
export function dropRules(plan: NetworkPlan, faults: readonly Fault[], hosts: readonly AddressedHost[]): DropRules {
  const port = (host: AddressedHost) => linkNames(plan, host.address).data;
  const inPlace = (name: string) => hostsIn(hosts, name).map(port);
  const rules: DropRules = { isolated: [], cuts: [], losses: [] };
  for (const fault of faults) {
    const touched = touchedHosts(FAULT_KINDS, fault, hosts);
    const own = hosts.filter((host) => touched.includes(host.name)).map(port);
    const injected = { fault, target: parseTarget(FAULT_KINDS, fault), hosts: touched };
    const {
      isolated = [],
      cuts = [],
      losses = [],
    } = faultKind(fault.kind).drops?.(injected, { own, in: inPlace }) ?? {};
    rules.isolated.push(...isolated);
    rules.cuts.push(...cuts);
    rules.losses.push(...losses);
  }
  return rules;
}

/** How much later frames to a host arrive under the faults that are active, in milliseconds: pure. Delays add up. */
export function delayOf(faults: readonly Fault[], host: PlacedHost): number {
  const delays = faults.map((fault) => {
    const delayMs = faultKind(fault.kind).delayMs?.(fault) ?? 0;
    return delayMs > 0 && touchedHosts(FAULT_KINDS, fault, [host]).includes(host.name) ? delayMs : 0;
  });
  return delays.reduce((sum, delay) => sum + delay, 0);
}

/** Arguments of `tc` that delay what leaves a port: pure. Room for a second of 100 Mbit/s; the default of 1000 drops. */
export function delayArgs(port: string, delayMs: number): string[] {
  return ['qdisc', 'replace', 'dev', port, 'root', 'netem', 'delay', `${delayMs}ms`, 'limit', '10000'];
}

/** Whether this kernel can delay frames. It is tried in a network of its own, so that nothing of the machine is touched. */
export async function hasNetem(): Promise<boolean> {
  return run('unshare', ['--net', 'tc', ...delayArgs('lo', 1)]).then(
    () => true,
    () => false,
  );
}

/** Delays what a host gets by so much, or no more. A host that does not run has no port: it is told when it starts. */
export async function setDelay(plan: NetworkPlan, address: string, delayMs: number): Promise<void> {
  const { data } = linkNames(plan, address);
  const exists = async () => (await switchLinks(plan)).includes(data);
  if (!(await exists())) return;
  try {
    if (delayMs > 0) {
      await runInSwitch(plan, ['tc', ...delayArgs(data, delayMs)]);
    } else {
      const disciplines = JSON.parse(await runInSwitch(plan, ['tc', '-json', 'qdisc', 'show', 'dev', data])) as {
        kind: string;
      }[];
      if (disciplines.some((each) => each.kind === 'netem')) {
        await runInSwitch(plan, ['tc', 'qdisc', 'delete', 'dev', data, 'root']);
      }
    }
  } catch (error) {
    if (await exists()) throw error; // else it went with its host meanwhile
  }
}
