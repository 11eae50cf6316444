import { CloudError } from '../error.ts';
import type { Fault, FaultRequest } from './fault.ts';
import { type FaultKinds, type FaultTarget, kindOf, type TargetForm } from './kind.ts';

/** The part of a host's definition or status that places it. */
export interface PlacedHost {
  name: string;
  zone: string;
}

/** Targets as a user writes them. */
const FORMS: Record<TargetForm, string> = {
  host: 'HOST',
  service: 'HOST/SERVICE',
  zone: 'zone-ZONE',
  zones: 'two zones, such as a-b',
};

/** What a kind takes, in words. Pure. */
export function formsText(takes: readonly TargetForm[]): string {
  const [last = '', ...rest] = takes.map((form) => FORMS[form]).reverse();
  return rest.length > 0 ? `${rest.reverse().join(', ')} or ${last}` : last;
}

/** Reads a fault's target: pure. @throws CloudError 400 BAD_FAULT if its kind does not take such a target */
export function parseTarget(kinds: FaultKinds, { kind, target }: Pick<FaultRequest, 'kind' | 'target'>): FaultTarget {
  const { takes } = kindOf(kinds, kind);
  const parsed = takes.includes('zones') ? parseZones(target) : parseHostOrZone(takes, target);
  if (!parsed) throw new CloudError('BAD_FAULT', `fault ${kind} takes ${formsText(takes)}, not "${target}"`);
  return parsed;
}

function parseZones(target: string): FaultTarget | undefined {
  const [left, right, ...rest] = target.split('-');
  if (!left || !right || left === right || rest.length > 0) return undefined;
  return { of: 'zones', zones: [left, right] };
}

function parseHostOrZone(takes: readonly TargetForm[], target: string): FaultTarget | undefined {
  const [host = '', service, ...rest] = target.split('/');
  if (rest.length > 0 || (service !== undefined && !takes.includes('service'))) return undefined;
  const zone = /^zone-(.+)$/.exec(host)?.[1];
  if (zone === undefined) return { of: 'host', host, ...(service === undefined ? {} : { service }) };
  return service === undefined && takes.includes('zone') ? { of: 'zone', zone } : undefined;
}

/**
 * Makes sure that what a fault is about exists: pure.
 *
 * @throws CloudError 404 UNKNOWN_HOST, UNKNOWN_SERVICE, UNKNOWN_ZONE; 400 BAD_FAULT for a host where a service is wanted
 */
export function assertKnown(
  kinds: FaultKinds,
  { kind }: Pick<FaultRequest, 'kind'>,
  target: FaultTarget,
  hosts: readonly (PlacedHost & { services: readonly { name: string; child?: { name: string } | undefined }[] })[],
): void {
  if (target.of !== 'host') {
    const zones = [...new Set(hosts.map((host) => host.zone))].sort();
    const unknown = (target.of === 'zone' ? [target.zone] : target.zones).find((zone) => !zones.includes(zone));
    if (unknown === undefined) return;
    throw new CloudError('UNKNOWN_ZONE', `no zone is called "${unknown}" (there are: ${zones.join(', ')})`);
  }
  const { host, service } = target;
  const definition = hosts.find((each) => each.name === host);
  if (!definition) {
    const names = hosts.map((each) => each.name).join(', ');
    throw new CloudError('UNKNOWN_HOST', `no host is called "${host}" (there are: ${names})`);
  }
  const children = definition.services.flatMap(({ child }) => (child ? [child.name] : []));
  const services = [...definition.services.map((each) => each.name), ...children];
  if (service === undefined && !kindOf(kinds, kind).takes.includes('host')) {
    const choice = services.map((name) => `${host}/${name}`).join(', ');
    throw new CloudError('BAD_FAULT', `fault ${kind} takes HOST/SERVICE: ${choice}`);
  }
  if (service !== undefined && !services.includes(service)) {
    const message = `host ${host} has no service "${service}" (it has: ${services.join(', ')})`;
    throw new CloudError('UNKNOWN_SERVICE', message);
  }
}

/** Names of the hosts that a fault keeps, or may keep, from working as they should: pure. */
export function touchedHosts(
  kinds: FaultKinds,
  fault: Pick<Fault, 'kind' | 'target' | 'hosts'>,
  hosts: readonly PlacedHost[],
): string[] {
  if (fault.hosts) return [...fault.hosts];
  const target = parseTarget(kinds, fault);
  if (target.of === 'host') return [target.host];
  const zones = target.of === 'zone' ? [target.zone] : target.zones;
  return hosts.filter((host) => zones.includes(host.zone)).map((host) => host.name);
}

/**
 * What is left of a fault once it has no hold on a host any more: pure. Zones that are isolated or cut have whatever hosts
 * there are, so that nothing changes for them.
 */
export function releaseHost(kinds: FaultKinds, fault: Fault, host: string): Fault | undefined {
  if (fault.hosts) {
    const hosts = fault.hosts.filter((each) => each !== host);
    return hosts.length > 0 ? { ...fault, hosts } : undefined;
  }
  const target = parseTarget(kinds, fault);
  return target.of === 'host' && target.host === host ? undefined : fault;
}
