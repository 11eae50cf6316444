import { CloudError } from '../error.ts';
import type { Fault, FaultRequest } from './fault.ts';
import { type FaultKinds, type FaultTarget, kindOf, type PlaceKind, type TargetForm } from './kind.ts';

/** The part of a host's definition or status that places it. */
export interface PlacedHost {
  name: string;
  zone: string;
  region: string;
}

/** Hosts in a place: pure. @param of missing: zone or region, whichever has that name */
export function hostsIn<T extends PlacedHost>(hosts: readonly T[], name: string, of?: PlaceKind): T[] {
  return hosts.filter((host) => (of ? host[of] === name : host.zone === name || host.region === name));
}

/** Targets as a user writes them. */
const FORMS: Record<TargetForm, readonly string[]> = {
  host: ['HOST'],
  service: ['HOST/SERVICE'],
  place: ['zone-ZONE', 'region-REGION'],
  between: ['two zones or regions, such as a-b'],
};

/** What a kind takes, in words. Pure. */
export function formsText(takes: readonly TargetForm[]): string {
  const [last = '', ...rest] = takes.flatMap((form) => FORMS[form]).reverse();
  return rest.length > 0 ? `${rest.reverse().join(', ')} or ${last}` : last;
}

/** Reads a fault's target: pure. @throws CloudError 400 BAD_FAULT if its kind does not take such a target */
export function parseTarget(kinds: FaultKinds, { kind, target }: Pick<FaultRequest, 'kind' | 'target'>): FaultTarget {
  const { takes } = kindOf(kinds, kind);
  const parsed = takes.includes('between') ? parsePair(target) : parseHostOrPlace(takes, target);
  if (!parsed) throw new CloudError('BAD_FAULT', `fault ${kind} takes ${formsText(takes)}, not "${target}"`);
  return parsed;
}

function parsePair(target: string): FaultTarget | undefined {
  const [left, right, ...rest] = target.split('-');
  if (!left || !right || left === right || rest.length > 0) return undefined;
  return { of: 'between', places: [left, right] };
}

function parseHostOrPlace(takes: readonly TargetForm[], target: string): FaultTarget | undefined {
  const [host = '', service, ...rest] = target.split('/');
  if (rest.length > 0 || (service !== undefined && !takes.includes('service'))) return undefined;
  const [, of, name] = /^(zone|region)-(.+)$/.exec(host) ?? [];
  if (name === undefined) return { of: 'host', host, ...(service === undefined ? {} : { service }) };
  return service === undefined && takes.includes('place') ? { of: of as PlaceKind, name } : undefined;
}

/**
 * Makes sure that what a fault is about exists: pure.
 *
 * @throws CloudError 404 UNKNOWN_HOST, UNKNOWN_SERVICE, UNKNOWN_ZONE, UNKNOWN_REGION; 400 BAD_FAULT for a host where a service is wanted
 */
export function assertKnown(
  kinds: FaultKinds,
  { kind }: Pick<FaultRequest, 'kind'>,
  target: FaultTarget,
  hosts: readonly (PlacedHost & { services: readonly { name: string; child?: { name: string } | undefined }[] })[],
): void {
  if (target.of !== 'host') {
    assertKnownPlaces(target, hosts);
    return;
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

function assertKnownPlaces(target: Exclude<FaultTarget, { of: 'host' }>, hosts: readonly PlacedHost[]): void {
  const names = (of: PlaceKind) => [...new Set(hosts.map((host) => host[of]))].sort();
  const assertIs = (name: string, of: PlaceKind) => {
    if (names(of).includes(name)) return;
    const code = of === 'zone' ? 'UNKNOWN_ZONE' : 'UNKNOWN_REGION';
    throw new CloudError(code, `no ${of} is called "${name}" (there are: ${names(of).join(', ')})`);
  };
  if (target.of !== 'between') {
    assertIs(target.name, target.of);
    return;
  }
  // Both are of the same kind: a zone is in its region, and nothing is between the two.
  const of = target.places.some((name) => names('region').includes(name)) ? 'region' : 'zone';
  for (const name of target.places) assertIs(name, of);
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
  const found =
    target.of === 'between'
      ? target.places.flatMap((name) => hostsIn(hosts, name))
      : hostsIn(hosts, target.name, target.of);
  return found.map((host) => host.name);
}

/**
 * What is left of a fault once it has no hold on a host any more: pure. Places that are isolated or cut have whatever hosts
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
