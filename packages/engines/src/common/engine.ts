import type { Spec } from '@sbmcrm/spec';
import type { Host, Topology } from '@sbmcrm/topology';
import type { RenderContext, Scrape, Secrets, ServiceBundle } from './context.ts';

/**
 * When a host stops that runs it, in this order: who only takes requests, who keeps data that the others still send to, who decides
 * who leads.
 */
export const STOP_WAVES = ['front', 'data', 'quorum'] as const;
export type StopWave = (typeof STOP_WAVES)[number];

/** What members of an engine say of themselves, where that its process runs says little. */
export interface MemberCheck {
  /** What is so when all of them are healthy; `up` waits for it. */
  title: string;
  /** What `status` calls a member that is not, see docs/runbooks. */
  problem: `${string}_UNHEALTHY`;
  /** For members that vote: what is so when no more than half of them are healthy. */
  noQuorum?: { problem: `${string}_NO_QUORUM`; text: string };
  /** For members that have a quota of their own: what is so when one has used it up. */
  full?: QuotaCheck;
  /** Asks one. Takes seconds at most; never throws. */
  isHealthy(host: Host): Promise<boolean>;
}

/** How data that are of no use any more are known, and put away: their service never comes up with them by itself. */
export interface DamageCheck {
  /** Whose data they are: each part is repaired in its own way. */
  part: 'quorum' | 'cache' | 'database';
  /** What they are, for people. */
  title: string;
  /** What `status` calls it, see docs/runbooks. */
  problem: 'DATABASE_DAMAGED' | 'CACHE_DAMAGED' | 'ETCD_DAMAGED';
  /** Lines of the service's own log that nothing else causes, and what each means in a few words. The first that matches counts. */
  signs: readonly DamageSign[];
}

export interface DamageSign {
  line: RegExp;
  /** Completes "its data are of no use: …"; `$1` is the line's first group. Null: no damage, whatever the line looks like below. */
  reason: string | null;
}

/** A quota that members keep by themselves, apart from their disks. */
export interface QuotaCheck {
  /** What `status` calls it, see docs/runbooks. */
  problem: `${string}_FULL`;
  /** What is so while it is used up. */
  text: string;
  /** Asks one member. Takes seconds at most; never throws. */
  isFull(host: Host): Promise<boolean>;
  /** Gives back what nobody needs. @throws ToolError in one line where that is not enough */
  makeRoom(topology: Topology, secrets: Secrets): Promise<void>;
}

/** One kind of process that hosts run, as all that is outside of its folder knows it. */
export interface Engine {
  /** Debian's packages of it: hosts have them all, and no others but a few of their own. */
  packages: readonly string[];
  /** Of them those that should be newer than the hosts' release: the Debian suite that each comes from, where there is one. */
  newer?: Readonly<Record<string, string>>;
  /** What else makes the image fit for it. */
  image?: {
    /** Files that must be there before the packages are installed, by path. */
    filesBefore?: Readonly<Record<string, string>>;
    /** Folders of programs that are not on the usual path. */
    programs?: readonly string[];
  };
  member?: MemberCheck;
  damage?: DamageCheck;
  /** Its supervised process on one host. Pure. */
  render(context: RenderContext): ServiceBundle;
  stop: {
    wave: StopWave;
    /** How long it may take to end in good order, in milliseconds, before it is killed. */
    withinMs: number;
  };
  /** Its members vote, and know each other by their places: on a platform that is up they cannot move. */
  votes?: true;
  /**
   * It does little, and all others wait for it. On real machines nobody takes its processors; here those that are asked too much
   * would.
   */
  urgent?: true;
  /** Its host never gets more of the processors than its size says: how busy it is means something, however large this machine is. */
  limited?: true;
  /** It holds addresses that move from host to host. */
  networkAdmin?: true;
  /** It runs the project's code. */
  code?: true;
  /** Nobody needs what it keeps: its host may go with its disk where the spec has it no more. */
  expendable?: true;
  /** Its port on the management network, which the operator's machine shows under the service's name. */
  shown?: number;
  /** Where it says its figures. */
  scrape?: (spec: Spec) => Omit<Scrape, 'service'>;
}
