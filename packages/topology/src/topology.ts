import type { Spec } from '@sbmcrm/spec';
import { AGENT_PORT } from '@sbmcrm/spec/derived';
import { DEFAULT_NETWORK, hostAddresses, type NetworkPlan, planNetwork } from './network.ts';
import type { HostRole } from './role.ts';
import { fitSizes, type HostSize, wantedSize } from './sizes.ts';

/** As the spec calls them: `primary` serves, `secondary` has copies. */
export type RegionId = 'primary' | 'secondary';
/** `a` and `b` carry the load, `c` is the witness; `d` and `e` are the secondary region's. No host of today is in those. */
export type ZoneId = 'a' | 'b' | 'c' | 'd' | 'e';
/** A process we ask runit to keep running on a host. `router` is the HAProxy beside an API server. */
export type ServiceName =
  | 'etcd'
  | 'patroni'
  | 'guard'
  | 'disk-watch'
  | 'lag-watch'
  | 'redis'
  | 'sentinel'
  | 'haproxy'
  | 'keepalived'
  | 'holder'
  | 'witness'
  | 'scheduler'
  | 'scaling'
  | 'router'
  | 'api'
  | 'prometheus'
  | 'alertmanager'
  | 'postgres-exporter'
  | 'redis-exporter';

export interface Host {
  name: string;
  region: RegionId;
  zone: ZoneId;
  role: HostRole;
  /** Address on the data network. */
  address: string;
  /** Address on the management network. */
  managementAddress: string;
  services: ServiceName[];
  size: HostSize;
  /** The first to hold the role (database primary, cache master, active load balancer) on an empty platform. */
  initiallyActive: boolean;
}

/** A place behind the load balancer. Slots past `application.instances` are spare until a host fills them. */
export interface ApiSlot {
  name: string;
  zone: ZoneId;
  address: string;
  /** There from the start. */
  initial: boolean;
}

export interface Topology {
  platform: string;
  network: NetworkPlan;
  hosts: Host[];
  apiSlots: ApiSlot[];
  /** Of an API server. */
  apiSize: HostSize;
}

/** Ports, the same on every platform. Each is its engine's customary one; TCP, but for `holder`'s, which is UDP. */
export const PORTS = {
  http: 80,
  agent: AGENT_PORT,
  postgres: 5432,
  patroni: 8008,
  etcdClient: 2379,
  etcdPeer: 2380,
  redis: 6379,
  sentinel: 26379,
  holder: 7077,
  lagWatch: 8010,
  lagMetrics: 8011,
  cloudApi: 7070,
  prometheus: 9090,
  alertmanager: 9093,
  alertmanagerPeer: 9094,
  /** On the machine: what leaves the platform by HTTP, and by SMTP. */
  relay: 7071,
  mailRelay: 7072,
  /** The same, for servers that want TLS from the first byte: Alertmanager knows those by this port. */
  mailRelayTls: 465,
  haproxyMetrics: 8405,
  postgresExporter: 9187,
  redisExporter: 9121,
} as const;

/** Names that stay the same whoever holds the role (the guide's connection strings). */
export const PRIMARY_NAME = 'postgres-primary.internal';
export const REPLICA_NAME = 'postgres-replica.internal';

/**
 * Where each zone is, and its number in addresses. The regions have halves of the networks of their own: the primary region is in
 * N.M.0.0/18 (and N.M.128.0/18 of the management network), the secondary one in N.M.64.0/18 (N.M.192.0/18).
 */
export const ZONES: Record<ZoneId, { region: RegionId; number: number }> = {
  a: { region: 'primary', number: 1 },
  b: { region: 'primary', number: 2 },
  c: { region: 'primary', number: 3 },
  d: { region: 'secondary', number: 65 },
  e: { region: 'secondary', number: 66 },
};

/** Host offsets inside a zone's /24. API instance NN sits at 20 + NN, so 1–19 and 31–254 stay for others. */
const OFFSET = {
  'load-balancer': 10,
  api: 20,
  database: 130,
  'read-replica': 140,
  cache: 150,
  quorum: 160,
  monitor: 170,
} as const;

const SERVICES: Record<HostRole, ServiceName[]> = {
  'load-balancer': ['haproxy', 'keepalived'],
  api: ['router', 'api'],
  database: ['patroni', 'guard', 'disk-watch', 'lag-watch'],
  'read-replica': ['patroni', 'lag-watch'],
  cache: ['redis'],
  quorum: [],
  monitor: ['prometheus', 'alertmanager', 'postgres-exporter', 'redis-exporter'],
};

/** The number at the end of an instance's name: `sbmcrm-api-02` → 2. */
function instanceNumber(name: string): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
}

/**
 * API slots up to `autoScaling.max`: the spec's instances, then more that alternate between the load-carrying zones. As many are filled
 * from the start as are desired.
 */
export function apiSlots(spec: Spec, network: NetworkPlan): ApiSlot[] {
  const slots: ApiSlot[] = [];
  const add = (name: string, zone: ZoneId, initial: boolean) => {
    const { address } = hostAddresses(network, ZONES[zone].number, OFFSET.api + instanceNumber(name));
    slots.push({ name, zone, address, initial });
  };
  for (const instance of spec.application.instances) add(instance.name, instance.zone, true);
  const prefix = (spec.application.instances[0]?.name ?? `${spec.platform}-api-01`).replace(/-\d+$/, '');
  const taken = new Set(slots.map((slot) => instanceNumber(slot.name)));
  for (let n = 1; slots.length < spec.application.autoScaling.max; n++) {
    if (taken.has(n)) continue;
    const inA = slots.filter((slot) => slot.zone === 'a').length;
    const inB = slots.filter((slot) => slot.zone === 'b').length;
    const initial = slots.length < spec.application.autoScaling.desired;
    add(`${prefix}-${String(n).padStart(2, '0')}`, inA <= inB ? 'a' : 'b', initial);
  }
  return slots;
}

/** Builds the host of an API slot (also for one that auto-scaling adds later). */
export function apiHost(topology: Pick<Topology, 'network'>, slot: ApiSlot, size: HostSize): Host {
  return {
    name: slot.name,
    region: ZONES[slot.zone].region,
    zone: slot.zone,
    role: 'api',
    ...hostAddresses(topology.network, ZONES[slot.zone].number, OFFSET.api + instanceNumber(slot.name)),
    services: SERVICES.api,
    size,
    initiallyActive: false,
  };
}

/**
 * The whole platform as the spec wants it at first: pure, the same answer for the same input.
 *
 * @param spec a validated spec
 * @param cidr the platform's private /16
 * @param machineMemory bytes of the one machine that all hosts share, to which sizes are cut; left out, they are as the spec wants
 */
export function planTopology(
  spec: Spec,
  cidr: string = DEFAULT_NETWORK,
  machineMemory = Number.POSITIVE_INFINITY,
): Topology {
  const network = planNetwork(cidr);
  const hosts: Host[] = [];

  const add = (role: Exclude<HostRole, 'api'>, baseName: string, zone: ZoneId, initiallyActive = false): Host => {
    // A second host of a kind in one zone (legal, though `check` objects) gets a number: postgres-a-2.
    const before = hosts.filter((host) => host.role === role && host.zone === zone).length;
    const host: Host = {
      name: before === 0 ? `${baseName}-${zone}` : `${baseName}-${zone}-${before + 1}`,
      region: ZONES[zone].region,
      zone,
      role,
      ...hostAddresses(network, ZONES[zone].number, OFFSET[role] + before),
      services: [...SERVICES[role]],
      size: wantedSize(spec, role),
      initiallyActive,
    };
    hosts.push(host);
    return host;
  };

  add('load-balancer', 'lb', 'a', true);
  if (spec.loadBalancer.multiAz) {
    add('load-balancer', 'lb', 'b');
    for (const { services } of hosts) services.push('holder');
  }
  const slots = apiSlots(spec, network);
  for (const slot of slots) if (slot.initial) hosts.push(apiHost({ network }, slot, wantedSize(spec, 'api')));
  add('database', 'postgres', spec.database.primary.zone, true);
  add('database', 'postgres', spec.database.standby.zone);
  for (const replica of spec.database.readReplicas) add('read-replica', 'replica', replica.zone);
  add('cache', 'redis', spec.cache.master.zone, true);
  add('cache', 'redis', spec.cache.standby.zone);

  const quorum = (zones: readonly string[], service: ServiceName) => {
    const used = new Set<Host>();
    for (const zone of zones as ZoneId[]) {
      const free = hosts.find((host) => host.role === 'quorum' && host.zone === zone && !used.has(host));
      const host = free ?? add('quorum', 'quorum', zone);
      host.services.push(service);
      used.add(host);
    }
  };
  quorum(spec.quorum.zones, 'etcd');
  quorum(spec.cache.sentinel.zones, 'sentinel');
  if (spec.loadBalancer.multiAz) {
    for (const { services } of hosts) if (services.includes('etcd')) services.push('witness');
  }

  if (spec.drills.schedule.length > 0) {
    for (const { services } of hosts) if (services.includes('etcd')) services.push('scheduler');
  }

  if (spec.application.autoScaling.enabled) {
    for (const { services } of hosts) if (services.includes('etcd')) services.push('scaling');
  }

  if (spec.monitoring.enabled) for (const zone of ['a', 'b'] as const) add('monitor', 'monitor', zone);

  // Where instances come by themselves there is to be room for all of them.
  const spare = spec.application.autoScaling.enabled ? slots.filter(({ initial }) => !initial) : [];
  const all = [...hosts, ...spare.map((slot) => apiHost({ network }, slot, wantedSize(spec, 'api')))];
  const sized = fitSizes(all, machineMemory).slice(0, hosts.length);
  const apiSize = sized.find(({ role }) => role === 'api')?.size ?? wantedSize(spec, 'api');
  return { platform: spec.platform, network, hosts: sized, apiSlots: slots, apiSize };
}

/** Hosts that run a given service, in topology order. */
export function hostsWith(topology: Topology, service: ServiceName): Host[] {
  return topology.hosts.filter((host) => host.services.includes(service));
}

/** Hosts of a given role, in topology order. */
export function hostsInRole(topology: Topology, ...roles: HostRole[]): Host[] {
  return topology.hosts.filter((host) => roles.includes(host.role));
}
