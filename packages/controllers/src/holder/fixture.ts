import {
  AGAIN_MS,
  type Decision,
  isContested,
  LOOK_MS,
  SPEAKS_MS,
  speaks,
  type Testimony,
  type View,
  yields,
} from './decide.ts';
import { change, type Heard, type Key, LEASE_S } from './key.ts';
import { Way } from './way.ts';

export const STEP_MS = 50;
/** As keepalived.conf says. */
const ADVERT_MS = 250;
const SILENCE_MS = 900;
const WITNESS_MS = 500;
/** HAProxy's checks find out that there is no way to the primary. */
const CHECK_MS = 2500;
const WAY_EVERY_MS = 1000;

export type Zone = 'a' | 'b' | 'c';
export const ZONES: readonly Zone[] = ['a', 'b', 'c'];

export class Network {
  readonly cuts = new Set<string>();
  readonly frozen = new Map<string, number>();
  /** keepalived does not run there. */
  readonly down = new Map<string, number>();
  primary: Zone = 'a';
  nowMs = 0;

  joins(one: Zone, other: Zone): boolean {
    return one === other || !this.cuts.has([one, other].sort().join(''));
  }

  runs(name: string): boolean {
    return (this.frozen.get(name) ?? 0) <= this.nowMs;
  }
}

/** etcd with the key: it goes on where a member that leads reaches another one. */
export class Store {
  key: Key = { holder: undefined, revision: 1 };
  #keptMs = 0;
  #leader: Zone = 'a';
  readonly #network: Network;

  constructor(network: Network) {
    this.#network = network;
  }

  /** @returns undefined: this member has no quorum */
  read(at: Zone): Key | undefined {
    const { nowMs } = this.#network;
    if (!this.#leads(this.#leader)) this.#leader = ZONES.find((zone) => this.#leads(zone)) ?? this.#leader;
    if (!this.#leads(this.#leader) || !this.#network.joins(at, this.#leader)) return undefined;
    if (this.key.holder !== undefined && nowMs - this.#keptMs > LEASE_S * 1000) this.#put(undefined);
    return this.key;
  }

  keep(at: Zone, seen: Key): void {
    if (this.read(at)?.holder === seen.holder) this.#keptMs = this.#network.nowMs;
  }

  take(at: Zone, name: string, seen: Key): void {
    if (this.read(at)?.revision === seen.revision) this.#put(name);
  }

  #put(holder: string | undefined): void {
    this.key = { holder, revision: this.key.revision + 1 };
    this.#keptMs = this.#network.nowMs;
  }

  #leads(zone: Zone): boolean {
    const runs = (each: Zone) => this.#network.runs(`quorum-${each}`);
    return runs(zone) && ZONES.filter((each) => runs(each) && this.#network.joins(zone, each)).length >= 2;
  }
}

export class Witness {
  readonly heard = new Map<string, { atMs: number; holds: boolean; claims: boolean; serves: boolean }>();
  #key: Key | undefined;
  #nextMs = 0;
  readonly zone: Zone;
  readonly #network: Network;
  readonly #store: Store;

  constructor(zone: Zone, network: Network, store: Store) {
    this.zone = zone;
    this.#network = network;
    this.#store = store;
  }

  hear(from: string, said: { holds: boolean; claims: boolean; serves: boolean }): Omit<Testimony, 'ageMs'> {
    const { nowMs } = this.#network;
    this.heard.set(from, { ...said, atMs: nowMs });
    const since = (what: 'holds' | 'serves') =>
      Math.min(...[...this.heard].flatMap(([name, each]) => (name !== from && each[what] ? nowMs - each.atMs : [])));
    return {
      hasQuorum: this.#key !== undefined,
      holder: this.#key?.holder,
      revision: this.#key?.revision ?? 0,
      otherHoldsMs: since('holds'),
      otherServesMs: since('serves'),
    };
  }

  step(): void {
    const { nowMs } = this.#network;
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + WITNESS_MS;
    this.#key = this.#store.read(this.zone);
    if (!this.#key) return;
    const heard = new Map<string, Heard>();
    for (const [name, { atMs, holds, claims }] of this.heard) heard.set(name, { ageMs: nowMs - atMs, holds, claims });
    const todo = change(this.#key, heard);
    if (todo?.do === 'keep') this.#store.keep(this.zone, this.#key);
    if (todo?.do === 'take') this.#store.take(this.zone, todo.for, this.#key);
    this.#key = this.#store.read(this.zone);
  }
}

export type Rule = (view: View) => Decision;

export class Balancer {
  holds = false;
  yieldedMs = Number.NEGATIVE_INFINITY;
  peer: Balancer | undefined;
  #may = true;
  #claims = false;
  #heardMs = 0;
  #peerMs = 0;
  #advertMs = 0;
  #lookMs = 0;
  #spokeMs = 0;
  #askedMs = 0;
  #heldFromMs: number | undefined;
  #contestedFromMs: number | undefined;
  readonly #way = new Way(0);
  #reachedMs = 0;
  #waySeenMs = 0;
  readonly #testimonies = new Map<Zone, { atMs: number; said: Omit<Testimony, 'ageMs'> }>();
  readonly name: string;
  readonly zone: Zone;
  readonly #priority: number;
  readonly #network: Network;
  readonly #witnesses: readonly Witness[];
  readonly #rule: Rule;
  readonly #next: () => number;

  constructor(
    zone: Zone,
    priority: number,
    {
      network,
      witnesses,
      rule,
      next,
    }: { network: Network; witnesses: readonly Witness[]; rule: Rule; next: () => number },
  ) {
    this.name = `lb-${zone}`;
    this.zone = zone;
    this.#priority = priority;
    this.#network = network;
    this.#witnesses = witnesses;
    this.#rule = rule;
    this.#next = next;
  }

  step(): void {
    const { nowMs } = this.#network;
    if (nowMs >= this.#lookMs) {
      // On a busy machine a look comes late.
      this.#lookMs = nowMs + LOOK_MS + (this.#next() < 0.1 ? 200 : 0);
      this.#look();
    }
    if (!this.#may || this.#network.down.has(this.name)) {
      this.holds = false;
      this.#heardMs = nowMs;
      return;
    }
    if (!this.holds && nowMs - this.#heardMs >= SILENCE_MS + 2 * (120 - this.#priority)) this.holds = true;
    if (this.holds && nowMs >= this.#advertMs) {
      this.#advertMs = nowMs + ADVERT_MS;
      this.#reach(this.peer)?.advert(this.#priority);
    }
  }

  advert(priority: number): void {
    // As `nopreempt`: who does not hold them lets a lesser one go on.
    if (this.holds && priority < this.#priority) return;
    this.holds = false;
    // Who gives them up says so: its peer need not wait.
    this.#heardMs = this.#network.nowMs - (priority === 0 ? SILENCE_MS - 150 : 0);
  }

  /** Whether a packet from here comes to the primary. */
  get reaches(): boolean {
    return this.#network.joins(this.zone, this.#network.primary);
  }

  /** Thawed: what came meanwhile is read first. */
  thaw(lateMs: number): void {
    this.#way.forgive(lateMs);
    if (this.holds || !this.peer?.holds) return;
    this.#heardMs = this.#network.nowMs;
  }

  #reach(other: Balancer | undefined): Balancer | undefined {
    return other && this.#network.joins(this.zone, other.zone) && this.#network.runs(other.name) ? other : undefined;
  }

  #look(): void {
    const { nowMs } = this.#network;
    const testimonies = [...this.#testimonies.values()].map(({ atMs, said }) => ({ ...said, ageMs: nowMs - atMs }));
    this.#lookForWay();
    this.#heldFromMs = this.holds ? (this.#heldFromMs ?? nowMs) : undefined;
    const heldMs = this.#heldFromMs === undefined ? undefined : nowMs - this.#heldFromMs;
    const isDoubtful = isContested({ me: this.name, heldMs, testimonies });
    this.#contestedFromMs = isDoubtful ? (this.#contestedFromMs ?? nowMs) : undefined;
    const view = {
      me: this.name,
      heldMs,
      contestedMs: nowMs - (this.#contestedFromMs ?? nowMs),
      peerMs: nowMs - this.#peerMs,
      testimonies,
      seesAnotherZone: ZONES.some((zone) => zone !== this.zone && this.#network.joins(this.zone, zone)),
      lacksMs: this.#way.lacksMs(nowMs),
      yieldedMs: nowMs - this.yieldedMs,
    };
    const decision = this.#rule(view);
    if (this.holds && !decision.may && yields(view) && view.yieldedMs >= AGAIN_MS) this.yieldedMs = nowMs;
    this.#claims = decision.claims;
    this.#may = decision.may;
    if (!this.#may && this.holds) {
      this.holds = false;
      this.#reach(this.peer)?.advert(0);
    }
    if (nowMs - this.#spokeMs >= SPEAKS_MS) {
      this.#spokeMs = nowMs;
      const peer = this.#reach(this.peer);
      if (peer) peer.#peerMs = nowMs;
    }
    if (!speaks({ heldMs, peerMs: nowMs - this.#peerMs }, nowMs - this.#askedMs)) return;
    this.#askedMs = nowMs;
    const said = { holds: this.holds, claims: this.#claims, serves: this.#way.isSteady(nowMs) };
    for (const witness of this.#witnesses) {
      if (!this.#network.joins(this.zone, witness.zone) || !this.#network.runs(`quorum-${witness.zone}`)) continue;
      this.#testimonies.set(witness.zone, { atMs: nowMs, said: witness.hear(this.name, said) });
    }
  }

  #lookForWay(): void {
    const { nowMs } = this.#network;
    if (this.reaches) this.#reachedMs = nowMs;
    if (nowMs - this.#waySeenMs < WAY_EVERY_MS) return;
    this.#waySeenMs = nowMs;
    this.#way.saw(nowMs - this.#reachedMs < CHECK_MS, nowMs);
  }
}
