import { isOver, resumed, take, type Watched } from './watchdog.ts';

export const STEP_MS = 100;
const LEASE_MS = 20_000;
const TIMEOUT_MS = 15_000;
const LOOP_MS = 1000;
/** As Patroni's `retry_timeout`. */
const RETRY_MS = 5000;
/** runit starts it again. */
export const RESTART_MS = 1000;
const LOOK_MS = 500;
/** After a thaw the guard looks within milliseconds; until then the server may answer. See docs/decisions/guard.md. */
const THAW_MS = STEP_MS;

interface Lease {
  owner: number;
  endsMs: number;
  /** Grows whenever somebody gets it anew. */
  term: number;
}

/** The lease's store: it never fails. */
export class Store {
  lease: Lease = { owner: -1, endsMs: 0, term: 0 };

  /** @returns its term; undefined: somebody else has it */
  ask(owner: number, nowMs: number): number | undefined {
    const isHeld = this.lease.endsMs > nowMs;
    if (isHeld && this.lease.owner !== owner) return undefined;
    this.lease = { owner, endsMs: nowMs + LEASE_MS, term: this.lease.term + (isHeld ? 0 : 1) };
    return this.lease.term;
  }

  /** Ends the lease of a term, and no other. */
  revoke(term: number): void {
    if (this.lease.term === term) this.lease = { ...this.lease, endsMs: 0 };
  }
}

/** Rules that are left out, to see that the simulation finds what they are for. */
export interface Without {
  guard?: true;
  /** A renewal counts from when it was read. */
  gain?: true;
  /** The lease is ended before the host is fenced. */
  order?: true;
  /** Whatever lease there is by then is ended. */
  seen?: true;
  /** A fenced host is started while it holds the lease. */
  wait?: true;
  /** Whoever wants to starts a fenced host. */
  latch?: true;
}

/** A database host: an agent, its server and their guard. */
export class Host {
  /** Until when each is as it is, in milliseconds. */
  frozenMs = 0;
  cutMs = 0;
  agentStuckMs = 0;
  agentDownMs = 0;
  guardDownMs = Number.NEGATIVE_INFINITY;
  /** Without power. */
  isOff = false;
  /** The fence that holds it down. */
  fencedBy: string | undefined;
  /** The term in which the server takes writes; 0: none. */
  term = 0;
  #thawedMs = 0;
  #nextLoopMs = 0;
  #pipe = '';
  /** A request under way: when it reaches the store, when the answer is here, and what it says. */
  #request:
    | { sentMs: number; atStoreMs: number; backMs: number; term?: number | undefined; isAsked: boolean }
    | undefined;
  #watched: Watched = { timeoutMs: TIMEOUT_MS, renewedAtMs: undefined, rest: '' };
  #lookedMs = 0;
  readonly #index: number;
  readonly #store: Store;
  readonly #next: () => number;
  readonly #without: Without;

  constructor(index: number, store: Store, next: () => number, without: Without) {
    this.#index = index;
    this.#store = store;
    this.#next = next;
    this.#without = without;
  }

  isTaking(nowMs: number): boolean {
    return this.term > 0 && this.frozenMs <= nowMs && nowMs - this.#thawedMs > THAW_MS;
  }

  /** Its power is cut, in whatever state it is. @param token of the fence that keeps it so; undefined: none does */
  powerOff(token?: string): void {
    this.isOff = true;
    this.fencedBy = token ?? this.fencedBy;
    this.term = 0;
    this.#pipe = '';
    this.frozenMs = 0;
    this.agentStuckMs = 0;
    this.guardDownMs = Number.NEGATIVE_INFINITY;
  }

  /** @param token lifts the fence of this name: a fence is a latch */
  powerOn(nowMs: number, token?: string): void {
    if (!this.isOff || (this.fencedBy !== token && !this.#without.latch)) return;
    this.isOff = false;
    this.fencedBy = undefined;
    this.agentDownMs = nowMs + RESTART_MS;
    this.#request = undefined;
    // The guard's note went with the power.
    this.#watched = { timeoutMs: TIMEOUT_MS, renewedAtMs: undefined, rest: '' };
    this.#lookedMs = 0;
  }

  step(nowMs: number): void {
    this.#deliver(nowMs);
    if (this.isOff) return;
    if (this.frozenMs > nowMs) {
      this.#thawedMs = this.frozenMs;
      return;
    }
    if (!this.#without.guard) this.#guard(nowMs);
    if (this.agentStuckMs <= nowMs && this.agentDownMs <= nowMs) this.#agent(nowMs);
  }

  /** What is on its way arrives whatever its sender does meanwhile. */
  #deliver(nowMs: number): void {
    const request = this.#request;
    if (!request || request.isAsked || request.atStoreMs > nowMs) return;
    request.isAsked = true;
    if (this.cutMs > nowMs) request.backMs = Number.POSITIVE_INFINITY;
    else request.term = this.#store.ask(this.#index, nowMs);
  }

  #agent(nowMs: number): void {
    const request = this.#request;
    if (request?.isAsked && request.backMs <= nowMs && this.cutMs <= nowMs) {
      this.#request = undefined;
      // Patroni gives up what took too long, but for the last moment, when it has only to tell of a renewal that it got.
      const isOld = nowMs - request.sentMs > RETRY_MS;
      const isTold = !isOld || (this.term > 0 && this.#next() < 0.3);
      if (request.term === undefined || !isTold) this.#demote();
      else if (this.term === request.term) this.#pipe += '1';
      else {
        this.#pipe += `Ctimeout=${TIMEOUT_MS / 1000}\n1`;
        this.term = request.term;
      }
    } else if (request && nowMs - request.sentMs > RETRY_MS) {
      this.#request = undefined;
      this.#demote();
    }
    if (this.#request || nowMs < this.#nextLoopMs) return;
    this.#nextLoopMs = nowMs + LOOP_MS;
    const [there, back] = [this.#next() ** 4 * 3000, this.#next() ** 4 * 3000];
    this.#request = { sentMs: nowMs, atStoreMs: nowMs + there, backMs: nowMs + there + back, isAsked: false };
  }

  #demote(): void {
    if (this.term > 0) this.#pipe += 'V';
    this.term = 0;
  }

  #guard(nowMs: number): void {
    if (this.guardDownMs > nowMs) {
      this.#lookedMs = 0;
      return;
    }
    if (this.#lookedMs === 0) {
      this.#watched = resumed(this.#watched, this.#pipe, nowMs);
      this.#pipe = '';
      this.#lookedMs = nowMs;
    }
    if (nowMs - this.#lookedMs < LOOK_MS) return;
    const told = this.#pipe;
    this.#pipe = '';
    this.#watched = this.#without.gain
      ? takeAll(this.#watched, told, this.#lookedMs)
      : take(this.#watched, told, this.#lookedMs);
    this.#lookedMs = nowMs;
    if (!isOver(this.#watched, nowMs)) return;
    this.#watched = { ...this.#watched, renewedAtMs: undefined };
    this.term = 0;
    this.#request = undefined;
    this.agentStuckMs = 0;
    this.agentDownMs = Math.max(this.agentDownMs, nowMs + RESTART_MS);
  }
}

/** As `take`, but each renewal counts from when it was read. */
function takeAll(watched: Watched, text: string, atMs: number): Watched {
  const taken = take(watched, text, atMs);
  return taken.renewedAtMs === undefined ? taken : { ...taken, renewedAtMs: atMs };
}
