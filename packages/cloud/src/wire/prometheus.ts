import type { HostStatus } from '../hosts.ts';
import type { TaskStatus } from '../tasks.ts';
import type { HostUsage } from '../usage.ts';

/**
 * Where Prometheus asks this interface, beside the calls of `/v1`: in its own forms, and like them with a token.
 *
 * @see https://prometheus.io/docs/prometheus/latest/http_sd/
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export const DISCOVERY_PATH = '/v1/discovery';
export const METRICS_PATH = '/metrics';

/** One group of targets as Prometheus’ discovery by HTTP wants it. */
export interface DiscoveredHost {
  targets: [address: string];
  /** Named so that none of them stays a label of what is told, unless it is made one. */
  labels: Record<`__meta_${'host' | 'zone' | 'region' | 'management' | 'services'}`, string>;
}

/** Every host with what it runs, as `,a,b,`: who asks picks by it. Pure. */
export function discovered(hosts: readonly HostStatus[]): DiscoveredHost[] {
  return hosts.map(({ name, zone, region, address, managementAddress, services }) => ({
    targets: [address],
    labels: {
      __meta_host: name,
      __meta_zone: zone,
      __meta_region: region,
      __meta_management: managementAddress,
      __meta_services: `,${services.map((service) => service.name).join(',')},`,
    },
  }));
}

interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** The state of every host and its services in Prometheus’ text form. Pure. */
export function stateText(hosts: readonly HostStatus[]): string {
  return [
    family(
      'sbmcrm_host_running',
      'gauge',
      'Whether the host runs and nothing holds it: 1, else 0.',
      hosts.map(({ name, zone, state }) => ({ labels: { host: name, zone }, value: state === 'running' ? 1 : 0 })),
    ),
    family(
      'sbmcrm_service_up',
      'gauge',
      'Whether a process of the host runs: 1, else 0.',
      hosts.flatMap(({ name, zone, services }) =>
        services.map((service) => ({
          labels: { host: name, zone, service: service.name },
          value: service.state === 'up' ? 1 : 0,
        })),
      ),
    ),
    family(
      'sbmcrm_service_process_id',
      'gauge',
      'Number of the process inside its host: another one is another start.',
      hosts.flatMap(({ name, zone, services }) =>
        services.flatMap(({ name: service, pid }) =>
          pid === null ? [] : [{ labels: { host: name, zone, service }, value: pid }],
        ),
      ),
    ),
    family(
      'sbmcrm_floating_address',
      'gauge',
      'An address that a host has besides its own.',
      hosts.flatMap(({ name, zone, address, managementAddress, addresses }) =>
        addresses
          .filter((each) => each !== address && each !== managementAddress)
          .map((each) => ({ labels: { host: name, zone, address: each }, value: 1 })),
      ),
    ),
  ].join('');
}

/** When the database's failover was last drilled, in the same form; nothing where nobody knows. Pure. */
export function drilledText(atMs: number | undefined): string {
  if (atMs === undefined) return '';
  return family(
    'sbmcrm_database_drilled_timestamp_seconds',
    'gauge',
    'When a drill showed last that the database fails over; before the first one, when the platform was made.',
    [{ labels: {}, value: Math.round(atMs / 1000) }],
  );
}

/** What came of tasks that ran at set times, in the same form; nothing of one that runs. Pure. */
export function tasksText(tasks: readonly TaskStatus[]): string {
  const ended = tasks.filter(({ state }) => state !== 'running');
  if (ended.length === 0) return '';
  return family(
    'sbmcrm_task_failed',
    'gauge',
    'Whether the last run of the task did not pass: 1, else 0.',
    ended.map(({ name, state }) => ({ labels: { task: name }, value: state === 'passed' ? 0 : 1 })),
  );
}

/** The use of every host in the same form. Pure. */
export function usageText(usage: readonly HostUsage[]): string {
  const of = (value: (each: HostUsage) => number | undefined): Sample[] =>
    usage.flatMap((each) => {
      const number = value(each);
      return number === undefined ? [] : [{ labels: { host: each.name, zone: each.zone }, value: number }];
    });
  const networks = (value: (each: HostUsage['network'][number]) => number): Sample[] =>
    usage.flatMap(({ name, zone, network }) =>
      network.map((each) => ({ labels: { host: name, zone, network: each.name }, value: value(each) })),
    );
  return [
    family(
      'sbmcrm_host_cpu_seconds_total',
      'counter',
      'Processor time used.',
      of(({ cpuSeconds }) => cpuSeconds),
    ),
    family(
      'sbmcrm_host_cpus',
      'gauge',
      'Processors that it may use at once.',
      of(({ cpus }) => cpus),
    ),
    family(
      'sbmcrm_host_memory_bytes',
      'gauge',
      'Memory in use, without caches.',
      of(({ memory }) => memory.used),
    ),
    family(
      'sbmcrm_host_memory_limit_bytes',
      'gauge',
      'Memory that it may use.',
      of(({ memory }) => memory.limit),
    ),
    family(
      'sbmcrm_host_disk_size_bytes',
      'gauge',
      'What its disk holds.',
      of(({ disk }) => disk?.size),
    ),
    family(
      'sbmcrm_host_disk_free_bytes',
      'gauge',
      'What is free on its disk.',
      of(({ disk }) => disk?.free),
    ),
    family(
      'sbmcrm_host_disk_read_bytes_total',
      'counter',
      'Read from its disk.',
      of(({ disk }) => disk?.read),
    ),
    family(
      'sbmcrm_host_disk_written_bytes_total',
      'counter',
      'Written to its disk.',
      of(({ disk }) => disk?.written),
    ),
    family(
      'sbmcrm_host_network_receive_bytes_total',
      'counter',
      'Received.',
      networks(({ received }) => received),
    ),
    family(
      'sbmcrm_host_network_transmit_bytes_total',
      'counter',
      'Sent.',
      networks(({ sent }) => sent),
    ),
  ].join('');
}

function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels, value }) => {
    const text = Object.entries(labels).map(([key, label]) => `${key}="${label.replace(/[\\"\n]/g, '_')}"`);
    return `${name}${text.length > 0 ? `{${text.join(',')}}` : ''} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
