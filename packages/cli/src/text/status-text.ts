import type { PlatformStatus } from '@sbmcrm/platform';
import { scalingText } from './scaling-text.ts';
import { table } from './table.ts';

const MARK = { healthy: '●', degraded: '◐', down: '○' } as const;
/** Before an alert: one that wakes somebody up, and one that can wait. */
const BELL = { critical: '!!', warning: '! ' } as const;

function seconds(value: number | null): string {
  return value === null ? '?' : `${value.toFixed(1)} s`;
}

/** The status as a page of text, at most 100 columns wide. */
export function statusText(status: PlatformStatus): string {
  const member = new Map(status.database.members.map((each) => [each.name, each]));
  const cache = new Map(status.cache.members.map((each) => [each.name, each]));
  const backend = new Map(status.loadBalancer.backends.map((each) => [each.name, each]));
  const role = (name: string): string => {
    const database = member.get(name);
    if (database) {
      const lag =
        database.role === 'primary' ? '' : `, lag ${database.lagBytes ?? '?'} B / ${seconds(database.lagSeconds)}`;
      return `${database.role}, timeline ${database.timeline ?? '?'}${lag}`;
    }
    const inCache = cache.get(name);
    if (inCache) return inCache.role === 'standby' && !inCache.linked ? 'standby, not linked' : inCache.role;
    const behind = backend.get(name);
    if (behind) return behind.state;
    return name === status.loadBalancer.active ? 'active' : '';
  };
  const services = (host: PlatformStatus['hosts'][number]) =>
    host.services.map((service) => (service.state === 'up' ? service.name : `${service.name} DOWN`)).join(' ');
  const hosts = [...status.hosts].sort(
    (x, y) => x.zone.localeCompare(y.zone) || x.address.localeCompare(y.address, 'en', { numeric: true }),
  );
  const { database, cache: redis, quorum } = status;
  const safety =
    database.replicationMode === 'sync' ? (database.protected ? 'sync, protected' : 'sync, NOT protected') : 'async';
  return [
    `${MARK[status.state]} ${status.state}   ${status.endpoints.api}`,
    ...status.problems.map(({ code, text }) => `  - ${text}  [${code}]`),
    ...status.notices.map(({ code, text }) => `  · ${text}  [${code}]`),
    ...alertLines(status.alerts ?? []),
    '',
    table([
      ['ZONE', 'HOST', 'ADDRESS', 'STATE', 'ROLE', 'SERVICES'],
      ...hosts.map((host) => [host.zone, host.name, host.address, host.state, role(host.name), services(host)]),
    ]),
    '',
    `database ${database.primary ?? 'no primary'} (${safety}) · cache ${redis.primary ?? 'no primary'}, ${redis.sentinels.up} Sentinels (quorum ${redis.sentinels.quorum})` +
      ` · etcd ${quorum.etcd.up} of ${quorum.etcd.of} · fast failover ${quorum.fastFailover.on ? 'on' : 'off'}`,
    ...(status.scaling ? [scalingText(status.scaling)] : []),
  ].join('\n');
}

/** What only follows from a larger loss is counted. */
function alertLines(alerts: NonNullable<PlatformStatus['alerts']>): string[] {
  const first = alerts.filter(({ follows }) => !follows);
  const { length: behind } = alerts.filter(({ follows }) => follows);
  return [
    ...first.map(({ name, severity, text }) => `  ${BELL[severity]} ${text}  [${name}]`),
    ...(behind === 0
      ? []
      : [`  · ${behind} more alert${behind === 1 ? '' : 's'} that only follow${behind === 1 ? 's' : ''} from these`]),
  ];
}
