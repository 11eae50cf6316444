import { probeHttp } from '@sbmcrm/http';
import { type Host, PORTS } from '@sbmcrm/topology';
import { CONFIG_DIR, type RenderContext, type Secrets } from '../../common/context.ts';
import { PG_DATA } from '../names.ts';
import { patchDynamicConfig } from '../operate.ts';

/** Patroni keeps keys that it does not know: the host that an operator wants to lead, and until when. */
export const MAY_LEAD_KEY = 'may_lead';
const FOLDER = '/run/patroni';
/** What is added to Patroni's own file: whether this host may be promoted. The host's disk watch keeps it up to date. */
export const LEAD_FILE = `${FOLDER}/2-lead.yml`;

/** Whether nobody is promoted without being told. */
export const isByHand = ({ spec }: Pick<RenderContext, 'spec'>) => !spec.database.automaticFailover.enabled;

/**
 * Where nobody is promoted without being told, only the host that led last may lead again; the others are tagged `nofailover`, and are
 * started, copied and followed as ever. (Patroni's pause would hold failovers, too, and starts and copies nobody.) The tag is in a file
 * of its own, beside Patroni's: it changes with who leads, and with the spec, without Patroni's restart.
 *
 * Lines of a script that make what Patroni reads, and set `config` to where it is. By hand a host begins without the right to lead;
 * one whose files are still to be made must have it, to make the cluster.
 */
export function leadLines(context: Pick<RenderContext, 'host' | 'spec'>): string[] {
  const begins = context.host.initiallyActive ? `no=true; [ -e ${PG_DATA}/PG_VERSION ] || no=false` : 'no=true';
  return [
    `config=${FOLDER}; install -d -o postgres -g postgres -m 0700 $config`,
    `ln -sf ${CONFIG_DIR}/postgres/patroni.yml $config/1-patroni.yml`,
    isByHand(context) ? begins : 'no=false',
    `echo "tags: { nofailover: $no }" > ${LEAD_FILE}; chown postgres:postgres ${LEAD_FILE}`,
  ];
}

/** An operator's wish that is not repeated ends: a failover that was cut short must leave nobody with the right to lead. */
const WISH_MS = 90_000;

/**
 * Lets one host be promoted by hand. Asked again until it may.
 *
 * @param hosts whose Patronis are asked
 * @returns what it still waits for; undefined: it may
 * @throws Error with Patroni's reason
 */
export async function letLead(hosts: readonly Host[], secrets: Secrets, target: Host): Promise<string | undefined> {
  const wish = { host: target.name, untilMs: Date.now() + WISH_MS };
  await patchDynamicConfig(hosts, secrets, { [MAY_LEAD_KEY]: wish });
  const barred = await isBarred(target);
  if (barred === undefined) return `Patroni on ${target.name} does not answer`;
  return barred ? `${target.name} has not got the right to lead yet` : undefined;
}

/** Whether a host is never promoted; undefined: its Patroni does not answer. */
export async function isBarred({ address }: Pick<Host, 'address'>): Promise<boolean | undefined> {
  const answer = await probeHttp(`http://${address}:${PORTS.patroni}/patroni`);
  const { tags } = (answer?.json ?? {}) as { tags?: { nofailover?: boolean } };
  return answer && tags?.nofailover === true;
}

/** Takes it back: whoever leads by now may do so again. @throws Error with Patroni's reason */
export function forgetLead(hosts: readonly Host[], secrets: Secrets): Promise<void> {
  return patchDynamicConfig(hosts, secrets, { [MAY_LEAD_KEY]: null });
}
