import { ToolError } from '@sbmcrm/errors';
/**
 * The address plan of a platform inside one IPv4 /16.
 *
 * The lower half (N.M.0.0/17) is the data network, which faults cut; the upper half (N.M.128.0/17) is the
 * management network, which stays up as a cloud's API does. A host has the same offset in both halves.
 */
export interface NetworkPlan {
  /** The whole range, e.g. `10.77.0.0/16`. */
  cidr: string;
  /** Data network: the machine's own address on the bridge, and the prefix length of the subnet. */
  data: { gateway: string; prefixLength: number; cidr: string };
  /** Management network: where the local cloud's API listens. */
  management: { gateway: string; prefixLength: number; cidr: string };
  /** Floating addresses: public HTTP entry, database primary, database replicas. */
  floating: { public: string; databasePrimary: string; databaseReplica: string };
  /** Short machine-wide identifier, e.g. `sbm0a4d`; prefix of every bridge, namespace and firewall table. */
  id: string;
}

export const DEFAULT_NETWORK = '10.77.0.0/16';

const PRIVATE_16 = /^(\d{1,3})\.(\d{1,3})\.0\.0\/16$/;

/** Thrown for a `--network` that cannot be used. The message is one line for the user. */
export class NetworkError extends ToolError {
  constructor(message: string) {
    super('USAGE', message);
  }
}

/**
 * Lays out a /16.
 *
 * @param cidr a private IPv4 /16, e.g. `10.77.0.0/16`
 * @throws NetworkError if it is not a private /16 written as `N.M.0.0/16`
 */
export function planNetwork(cidr: string): NetworkPlan {
  const match = PRIVATE_16.exec(cidr.trim());
  const first = Number(match?.[1]);
  const second = Number(match?.[2]);
  const isPrivate =
    match !== null &&
    second <= 255 &&
    (first === 10 || (first === 172 && second >= 16 && second <= 31) || (first === 192 && second === 168));
  if (!isPrivate) {
    throw new NetworkError(`--network "${cidr}": give a private IPv4 /16 such as ${DEFAULT_NETWORK} or 10.78.0.0/16`);
  }
  const base = `${first}.${second}`;
  const hex = (n: number) => n.toString(16).padStart(2, '0');
  return {
    cidr: `${base}.0.0/16`,
    data: { gateway: `${base}.0.1`, prefixLength: 17, cidr: `${base}.0.0/17` },
    management: { gateway: `${base}.128.1`, prefixLength: 17, cidr: `${base}.128.0/17` },
    floating: { public: `${base}.0.10`, databasePrimary: `${base}.0.11`, databaseReplica: `${base}.0.12` },
    id: `sbm${hex(first)}${hex(second)}`,
  };
}

/** Data and management address of the host at `offset` (1–254) in the zone numbered `zoneNumber` (1–126). */
export function hostAddresses(
  plan: NetworkPlan,
  zoneNumber: number,
  offset: number,
): { address: string; managementAddress: string } {
  const [first, second] = plan.cidr.split('.');
  return {
    address: `${first}.${second}.${zoneNumber}.${offset}`,
    managementAddress: `${first}.${second}.${128 + zoneNumber}.${offset}`,
  };
}
