import { type HostRole, hostsInRole, hostsWith } from '@sbmcrm/topology';
import { type Alert, type Alerted, HOST, LASTING_MS, SEEN_TWICE_MS, SETTLED_MS, zonesOf } from './alert.ts';

/** Starts of one process within two minutes that nobody wants: a changed spec is one, the three stages of a rotation are three. */
const LOOP = { starts: 4, over: '2m' };

/** What is away, so that the next failure beside it hurts. Pure. */
export function lossAlerts({ spec, topology }: Pick<Alerted, 'spec' | 'topology'>): Alert[] {
  const voters = hostsWith(topology, 'etcd').length;
  const sentinels = hostsWith(topology, 'sentinel').length;
  const databases = hostsInRole(topology, 'database').map(({ name }) => name);
  const entries = hostsInRole(topology, 'load-balancer').length;
  const zones = (role: HostRole) => zonesOf({ topology }, role);
  const apiZones = new Set(hostsInRole(topology, 'api').map(({ zone }) => zone)).size;
  return [
    {
      name: 'ZoneDown',
      severity: 'critical',
      when: 'max by (zone) (sbmcrm_host_running) == 0',
      forMs: SEEN_TWICE_MS,
      text: 'zone {{ $labels.zone }} is lost: none of its hosts runs, or nobody hears them',
    },
    {
      name: 'EntryDown',
      severity: 'critical',
      when: 'absent(haproxy_frontend_http_requests_total{proxy="http"})',
      forMs: SETTLED_MS,
      text: 'no load balancer answers: nobody reaches the CRM',
    },
    {
      name: 'AddressUnheld',
      severity: 'critical',
      when: 'absent(sbmcrm_floating_address) and on() up{job="hosts-state"} == 1',
      forMs: SETTLED_MS,
      text: 'no load balancer holds the public address: nobody reaches the CRM',
    },
    {
      name: 'HostDown',
      severity: 'warning',
      when: 'sbmcrm_host_running == 0',
      forMs: SETTLED_MS,
      text: '{{ $labels.host }} does not run, or nobody hears it: the next failure beside it hurts',
      follows: [{ alert: 'ZoneDown', same: 'zone' }],
    },
    {
      name: 'DatabaseServerDown',
      severity: 'warning',
      when: 'patroni_postgres_running == 0',
      forMs: SETTLED_MS,
      text: 'PostgreSQL on {{ $labels.host }} does not run, though Patroni does',
      follows: HOST,
    },
    {
      name: 'StandbyMissing',
      severity: 'warning',
      // One that runs and hears nobody is none: it takes over from nothing.
      when: `(sum(patroni_replica{host=~"${databases.join('|')}"} * patroni_postgres_streaming) or vector(0)) < 1`,
      forMs: SETTLED_MS,
      text: 'the database has no standby: nobody could take over from the primary',
      follows: [...zones('database'), { alert: 'DatabaseServerDown' }],
    },
    ...(apiZones > 1
      ? [
          {
            name: 'ApiInOneZone',
            severity: 'warning' as const,
            when: '(count(count by (zone) (up{job="api"} == 1)) or vector(0)) < 2',
            forMs: SETTLED_MS,
            text: 'API servers of one zone alone answer: with it all of them would be gone',
            follows: zones('api'),
          },
        ]
      : []),
    ...(entries > 1
      ? [
          {
            name: 'LoadBalancerMissing',
            severity: 'warning' as const,
            when: '(count(up{job="haproxy"} == 1) or vector(0)) < 2',
            forMs: SETTLED_MS,
            text: 'one load balancer alone answers: without it nobody reaches the CRM',
            follows: zones('load-balancer'),
          },
          {
            name: 'AddressHeldTwice',
            severity: 'critical' as const,
            when: 'count by (address) (sbmcrm_floating_address) > 1',
            // While it moves, both may have it for a moment.
            forMs: SETTLED_MS,
            text: '{{ $value }} hosts hold {{ $labels.address }}: who is led where changes with each announcement',
          },
        ]
      : []),
    {
      name: 'CacheCopyMissing',
      severity: 'warning',
      // Of what nobody sees it says nothing: that is told as well.
      when: '(sum(redis_connected_slaves) or vector(0)) < 1 and on() max(redis_up) == 1',
      forMs: SETTLED_MS,
      text: 'the cache has no copy: the next failure of it is an empty cache',
      follows: zones('cache'),
    },
    {
      name: 'EtcdQuorumAtRisk',
      severity: 'warning',
      // Of one or two members none may be lost in any case.
      when: `(sum(etcd_server_has_leader) or vector(0)) <= ${Math.floor(voters / 2) + (voters > 2 ? 1 : 0)}`,
      forMs: SETTLED_MS,
      text: `{{ $value }} of ${voters} members of etcd see a leader: without one more of them nobody can take over`,
      follows: [{ alert: 'ZoneDown' }],
    },
    {
      name: 'SentinelQuorumAtRisk',
      severity: 'warning',
      when: `(sum(sbmcrm_service_up{service="sentinel"}) or vector(0)) <= ${Math.max(spec.cache.sentinel.quorum, Math.floor(sentinels / 2) + 1)}`,
      forMs: SETTLED_MS,
      text: `{{ $value }} of ${sentinels} Sentinels run: without one more of them the cache does not fail over`,
      follows: [{ alert: 'ZoneDown' }],
    },
    ...(spec.database.replicationMode === 'sync'
      ? [
          {
            name: 'DatabaseUnprotected',
            severity: 'critical' as const,
            when: '(sum(patroni_sync_standby) or vector(0)) == 0',
            forMs: SETTLED_MS,
            text: 'no synchronous standby: what is acknowledged now is on one host only',
            follows: zones('database'),
          },
        ]
      : []),
    {
      name: 'CrashLoop',
      severity: 'warning',
      when: `changes(sbmcrm_service_process_id[${LOOP.over}]) >= ${LOOP.starts}`,
      forMs: 0,
      // Its pauses are as long as its starts take.
      keepMs: LASTING_MS,
      text: '{{ $labels.service }} on {{ $labels.host }} ends again and again: {{ $value }} starts within two minutes',
    },
  ];
}
