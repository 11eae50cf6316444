import type { EtcdClient } from '@sbmcrm/http/etcd';
import { type Host, PORTS } from '@sbmcrm/topology';
import { DATA_DIR, endService } from '../common/context.ts';
import type { DamageCheck } from '../common/engine.ts';

const DATA = `${DATA_DIR}/etcd`;
/** Lies beside the data of a member that is to join the others, until it has. */
const JOINS = `${DATA_DIR}/etcd-joins`;

/** What etcd says when it cannot go on with the data that it has, or without those that it had. */
export const ETCD_DAMAGE: DamageCheck = {
  part: 'quorum',
  title: 'etcd’s data',
  problem: 'ETCD_DAMAGED',
  signs: [
    { line: /has already been bootstrapped/, reason: 'they are gone' },
    {
      line: /has been permanently removed from the cluster/,
      reason: 'they are gone, or of a member that was replaced',
    },
    // Not the data's fault: the disk, the network or a certificate of its host.
    { line: /"level":"(?:fatal|panic)".*(?:no space left|listen tcp|bind:|x509|tls:|permission denied)/, reason: null },
    { line: /"level":"(?:fatal|panic)".*"error":"([^"]{1,120})/, reason: '$1' },
    { line: /^panic: (.{1,120})/, reason: '$1' },
  ],
};

/** Where other members reach this one. */
export const peerUrl = ({ address }: Pick<Host, 'address'>) => `https://${address}:${PORTS.etcdPeer}`;

/** A member as the cluster has it in its list. */
interface ListedMember {
  id: string;
  peerUrls: string[];
  /** It was there at least once; one that was only added has no name yet. */
  isStarted: boolean;
}

/** @throws Error in one line where no member with a quorum answers */
async function listMembers(etcd: EtcdClient): Promise<ListedMember[]> {
  const { members = [] } = (await etcd.call('/v3/cluster/member/list', { linearizable: true })) as {
    members?: { ID: string; name?: string; peerURLs?: string[] }[];
  };
  return members.map(({ ID, name = '', peerURLs = [] }) => ({ id: ID, peerUrls: peerURLs, isStarted: name !== '' }));
}

/**
 * Takes a member out of the list, if it ever was there, and puts a new one with the same address in its place. Only a cluster with a
 * quorum does that, and it has everything that it ever acknowledged: nothing is lost with the old member's data. Called again it goes on
 * where it was cut short.
 *
 * @throws Error in one line
 */
export async function replaceMember(etcd: EtcdClient, host: Host): Promise<void> {
  const url = peerUrl(host);
  const listed = (await listMembers(etcd)).find(({ peerUrls }) => peerUrls.includes(url));
  if (listed && !listed.isStarted) return;
  if (listed) await etcd.call('/v3/cluster/member/remove', { ID: listed.id });
  await etcd.call('/v3/cluster/member/add', { peerURLs: [url] });
}

/** On the host of a member: ends it and takes its data away. It is to join the others as a new one when it starts. */
export function forgetMemberScript(): string {
  return ['set -eu', ...endService('etcd', 10), `touch ${JOINS}; rm -rf ${DATA}; sync -f ${DATA_DIR}`].join('\n');
}

/**
 * Before etcd starts: whether it makes a cluster with the others or joins theirs, in `$state`. It joins only what it was told to join, and
 * only in the place of a member that never was there: in the place of one that was, it could have forgotten a vote of its own.
 *
 * @param others `address:port` of the other members
 */
export function joinLines(host: Host, others: readonly string[], tls: string): string[] {
  const endpoints = others.map((each) => `https://${each}`).join(',');
  return [
    'state=new',
    `if [ -d ${DATA}/member ]; then rm -f ${JOINS}; elif [ -e ${JOINS} ]; then`,
    `  until etcdctl --endpoints=${endpoints} ${tls} --command-timeout=3s member list > /tmp/members 2>&1; do sleep 0.5; done`,
    `  ! grep -q 'unstarted, , ${peerUrl(host)},' /tmp/members || state=existing`,
    'fi',
  ];
}
