import { PORTS } from '@sbmcrm/topology';
import { CONFIG_DIR, type RenderContext } from '../common/context.ts';
import { etcdEndpoints } from '../etcd/config.ts';
import { newestTimeline, PROMOTION_PATH } from './bootstrap.ts';
import { BIN_DIR, CLUSTER_NAME, leaderKey, PG_DATA } from './names.ts';

/** Asks etcd, as a function of the shell: what is done before Patroni starts needs it. */
export function etcdFunction(context: RenderContext): string {
  const files = `${CONFIG_DIR}/etcd-client`;
  const tls = `--cacert=${files}/ca.crt --cert=${files}/client.crt --key=${files}/client.key`;
  const endpoints = etcdEndpoints(context).map((endpoint) => `https://${endpoint}`);
  return `etcd() { etcdctl --endpoints=${endpoints.join(',')} ${tls} --dial-timeout=1s --command-timeout=2s "$@"; }`;
}

/**
 * Patroni marks the cluster as being created before it creates it, and names it when all is done. A mark without a name is
 * from a creation that was cut short (by a power failure, say): Patroni would wait for its end for ever, or take a cluster
 * without its roles for a whole one. Nothing was acknowledged by then, so it begins anew; unless there is more in etcd than
 * the mark, which Patroni writes only afterwards.
 */
export function forgetCutShortBootstrap(context: RenderContext): string[] {
  const prefix = `/${context.topology.platform}/${CLUSTER_NAME}`;
  return [
    // Without etcd Patroni could do nothing either.
    `until mark=$(etcd get --write-out=fields ${prefix}/initialize 2>/tmp/etcd.err); do sleep 0.2; done`,
    `case $mark in *'"Value" : ""'*)`,
    `  if [ -z "$(etcd get --keys-only ${prefix}/config)$(etcd get --keys-only ${leaderKey(context.topology)})" ]; then`,
    `    echo 'the creation of the cluster was cut short: it begins anew'`,
    '    while pkill -9 -x initdb || pkill -9 -x postgres; do sleep 0.1; done',
    `    rm -rf ${PG_DATA}; etcd del ${prefix}/initialize`,
    '  fi ;;',
    'esac',
  ];
}

/**
 * A copy of the primary that was cut short (by a power failure, or a `down`) before PostgreSQL took it over as a standby. Its
 * control file is still the running primary's: Patroni would take it for a crashed cluster, recover it by itself, and so part it
 * from the primary for good. Until PostgreSQL has taken it over, the copy's label is there; a primary never has one.
 */
export function forgetCutShortCopy(): string[] {
  return [
    `if grep -qs '^BACKUP METHOD: streamed' ${PG_DATA}/backup_label; then`,
    `  echo 'the copy of the primary was cut short: it begins anew'`,
    '  while pkill -9 -x pg_basebackup || pkill -9 -x postgres; do sleep 0.1; done',
    `  rm -rf ${PG_DATA}`,
    'fi',
  ];
}

/**
 * How long a former standby waits for the last primary to be seen: machines that get their power back at once do not start equally fast. While that one is there and recovers it is waited for, however long
 * that takes: only it has every acknowledged write.
 */
const LAST_PRIMARY_S = 60;

/**
 * With asynchronous replication the last primary may have writes that nobody else has. When nobody leads, because all was down, Patroni
 * would take the first to come that is within `maximum_lag_on_failover`: so a host that was not the primary last comes later. (With a
 * synchronous standby Patroni itself knows who has everything.)
 *
 * A host led last, as far as its own data tell, when it was promoted on the newest timeline that it knows. If it was so long ago, and
 * another one was promoted since, Patroni's check of timelines keeps it from leading. No clock of another host is asked. Where
 * PostgreSQL still runs, only Patroni starts, and there is nothing to wait for.
 */
export function lastPrimaryFirst({ topology, host }: RenderContext): string[] {
  const prefix = `/${topology.platform}/${CLUSTER_NAME}`;
  const others = topology.hosts.filter(({ name, role }) => role === 'database' && name !== host.name);
  return [
    'now() { sed "s/[. ].*//" /proc/uptime; }',
    // The key alone says little: after a power failure it stays for as long as its lease would.
    `leads() { leader=$(etcd get --print-value-only ${leaderKey(topology)} 2>/tmp/etcd.err) || { silent=yes; return 1; }`,
    '  silent=; case $leader in',
    `    ${host.name}) return 0 ;;`,
    ...others.map(
      ({ name, address }) =>
        `    ${name}) ${BIN_DIR}/pg_isready -q -t 1 -U rewind -d postgres -h ${address} -p ${PORTS.postgres} ;;`,
    ),
    '    *) return 1 ;;',
    'esac; }',
    // Its Patroni is alive, as its key has a lease, and its PostgreSQL is not up yet. One that cannot start, or has no files, is not waited for.
    `recovers() { for other in ${others.map(({ name }) => name).join(' ')}; do`,
    `  case $(etcd get --print-value-only ${prefix}/members/$other 2>/tmp/etcd.err) in *'"state":"running"'* | *failed* | *uninitialized*) ;; *state*) return 0 ;; esac`,
    'done; return 1; }',
    `led=$(cat ${PROMOTION_PATH} 2>/tmp/led.err || true)`,
    // It made the cluster, on the first timeline; cut short right then, it did not come to note that.
    ...(host.initiallyActive ? [`led=\${led:-1}`] : []),
    `if [ -s ${PG_DATA}/PG_VERSION ] && ! pgrep -x postgres > /tmp/pgrep.out && [ "$led" != "$(${newestTimeline(PG_DATA)})" ]; then`,
    '  until=',
    '  until leads; do',
    // Without etcd nobody can lead, Patroni could do nothing either, and the time does not count.
    '    if [ -n "$silent" ]; then sleep 0.5; continue; fi',
    `    [ -n "$until" ] || echo 'nobody leads, and this was not the primary last: that one comes first'`,
    `    : "\${until:=$(($(now) + ${LAST_PRIMARY_S}))}"`,
    '    if [ "$(now)" -ge "$until" ] && ! recovers; then',
    "      echo 'the last primary is not there: going on without it'; break",
    '    fi',
    '    sleep 0.5',
    '  done',
    'fi',
  ];
}
