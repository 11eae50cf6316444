/** What a witness says of who holds the floating addresses. Ages are milliseconds; `Infinity`: never. */
export interface Testimony {
  /** Since it was said. */
  ageMs: number;
  /** Whether it saw the key of late, which takes a majority of the witnesses. */
  hasQuorum: boolean;
  /** Whose the key is; undefined: nobody's. */
  holder: string | undefined;
  /** Grows with each change of the key: the greatest is the latest. */
  revision: number;
  /** Since it heard another load balancer than the one that asks say that it has the addresses. */
  otherHoldsMs: number;
  /** Likewise, that there is a way to the primary from it. */
  otherServesMs: number;
}

/** What a load balancer knows. Ages as above. */
export interface View {
  me: string;
  /** For how long the addresses have been on it; undefined: they are not. */
  heldMs: number | undefined;
  /** For how long that has been contested, see {@link isContested}; 0: it is not. */
  contestedMs: number;
  /** Since it heard the other load balancer. */
  peerMs: number;
  /** The last words of each witness that ever answered. */
  testimonies: readonly Testimony[];
  /** A host of another zone gave a sign of life just now. */
  seesAnotherZone: boolean;
  /** For how long there is no way to the primary from here; 0: there is one. */
  lacksMs: number;
  /** Since it gave the addresses up because of that, see {@link yields}. */
  yieldedMs: number;
}

export interface Decision {
  /** Whether it may have the addresses, or take them when it hears nobody who has. */
  may: boolean;
  /** Whether it asks for the key. */
  claims: boolean;
}

/** It looks so often, … */
export const LOOK_MS = 100;
/** … the one that has the addresses says so that often, … */
export const SPEAKS_MS = 200;
/** … and one that hears its peer asks no witness more often. */
const ASKS_MS = 1000;
/** Who does not hear its peer for so long asks the witnesses at each look. */
const DOUBTS_MS = 300;
/** Words of a witness that are older count no more. */
const FRESH_MS = 1500;
/** A holder that no witness heard for so long may be gone: it speaks more often, and who asks does. */
const ALIVE_MS = 500;
/** … and now it is: on a busy machine a word comes late. For a claim, which is in no hurry. */
const GONE_MS = 1500;
/** Who did not hear its peer for so long is about to take the addresses: keepalived does after 0.9 s. More than {@link ALIVE_MS}. */
const SILENT_MS = 600;
/** Two that have the addresses and hear each other settle it between them: a moment after a thaw they do. */
export const SETTLES_MS = 500;

/** Without a way to the primary, and without a word of the other one, for so long that nothing is just late, … */
const LACKS_MS = 5000;
/** … while the other one told a witness so lately that it has one (it does so once a second), the addresses are given up. */
const SERVES_MS = 3000;
/** The other one takes them in this time, or they come back, … */
const TAKES_MS = 4000;
/** … and then they stay for so long. */
export const AGAIN_MS = 60_000;

/** Whether it is time to speak to the witnesses, by how long ago that was. Pure. */
export function speaks({ heldMs, peerMs }: Pick<View, 'heldMs' | 'peerMs'>, sinceMs: number): boolean {
  return sinceMs >= (heldMs !== undefined ? SPEAKS_MS : peerMs >= DOUBTS_MS ? 0 : ASKS_MS);
}

/** What is still to be believed, the latest word on the key first. */
function believed({ testimonies }: Pick<View, 'testimonies'>): Testimony[] {
  const heard = testimonies.filter(({ ageMs, hasQuorum }) => hasQuorum && ageMs < FRESH_MS);
  return heard.sort((x, y) => y.revision - x.revision);
}

/** How long ago any witness heard that another one has the addresses. */
function otherHoldsMs(heard: readonly Testimony[]): number {
  return Math.min(...heard.map((each) => each.ageMs + each.otherHoldsMs));
}

/** Whether the addresses are here, and the key is another's that said after they came here that it has them, too. Pure. */
export function isContested(view: Pick<View, 'me' | 'heldMs' | 'testimonies'>): boolean {
  const heard = believed(view);
  const holder = heard[0]?.holder;
  if (view.heldMs === undefined || holder === undefined || holder === view.me) return false;
  return otherHoldsMs(heard) < Math.min(view.heldMs, GONE_MS);
}

/**
 * Whether it leaves the addresses to the other one, from which there is a way to the primary and from here is none: zones that do not
 * reach each other may have the addresses in the one and the primary in the other. Two that hear each other are in no such zones: then
 * it is a check that fails on a busy load balancer, and a flood moves no address. Pure.
 */
export function yields(view: Pick<View, 'heldMs' | 'lacksMs' | 'peerMs' | 'yieldedMs' | 'testimonies'>): boolean {
  const othersMs = Math.min(...believed(view).map((each) => each.ageMs + each.otherServesMs));
  if (Math.min(view.lacksMs, view.peerMs) < LACKS_MS || othersMs >= SERVES_MS) return false;
  return view.yieldedMs < TAKES_MS || (view.heldMs !== undefined && view.yieldedMs >= AGAIN_MS);
}

/**
 * Whether a load balancer may hold the floating addresses. Two that do not hear each other would both: the one whose key it is does, as
 * long as any witness hears it. The load balancers' own protocol says who takes over, and this only who does not. Pure.
 *
 * Without a word of a witness that has a quorum it is left to that protocol alone, as long as this host is not cut off from all others.
 */
export function decide(view: View): Decision {
  const { me, heldMs } = view;
  const heard = believed(view);
  const [latest] = heard;
  if (!latest) return { may: view.seesAnotherZone, claims: false };
  if (yields(view)) return { may: false, claims: false };
  const isMine = latest.holder === undefined || latest.holder === me;
  if (heldMs === undefined) {
    const isAnothers = !isMine && otherHoldsMs(heard) < ALIVE_MS;
    return { may: !isAnothers || view.peerMs < SILENT_MS, claims: false };
  }
  if (isMine) return { may: true, claims: true };
  if (isContested(view)) return { may: view.contestedMs < SETTLES_MS, claims: false };
  return { may: true, claims: otherHoldsMs(heard) >= GONE_MS };
}
