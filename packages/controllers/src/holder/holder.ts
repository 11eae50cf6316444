import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import {
  AGAIN_MS,
  type Decision,
  decide,
  isContested,
  LOOK_MS,
  SPEAKS_MS,
  speaks,
  type Testimony,
  yields,
} from './decide.ts';
import { Way } from './way.ts';
import { type Answer, Order, open, seal, type Word } from './words.ts';

export interface Place {
  name: string;
  address: string;
}

export interface HolderOptions {
  me: Place;
  /** The first one signs, all are accepted. */
  secrets: readonly [string, ...string[]];
  port: number;
  peers: readonly Place[];
  witnesses: readonly Place[];
  /** `address` and port of hosts in other zones: one that answers is a sign that this host is not cut off. */
  others: readonly { address: string; port: number }[];
  /** Whether the floating addresses are on this host. */
  holds(): boolean;
  /** Whether there is a way from here to the primary, and to an API server; undefined: nobody knows. */
  serves(): Promise<boolean | undefined>;
  /** Called with each change. */
  may(isAllowed: boolean, why: string): void;
}

/** So long a host of another zone counts as seen, and no other is asked. */
const SEEN_MS = 2000;
const SIGN_MS = 500;
/** So often it looks for a way to the primary. */
const SERVES_EVERY_MS = 1000;
/** A look that comes so late tells of a process that did not run. */
const LATE_MS = 200;
/** Until then nobody could answer. */
const BEGINS_MS = 2000;

/** Says what this load balancer has, hears what the others say, and tells whether it may: see decide.ts. */
export class Holder {
  readonly #options: HolderOptions;
  readonly #socket: Socket;
  readonly #order = new Order();
  readonly #run = randomBytes(8).toString('hex');
  readonly #testimonies = new Map<string, { atMs: number; said: Omit<Testimony, 'ageMs'> }>();
  readonly #startedMs = performance.now();
  #seq = 0;
  /** Hosts that are being asked for a sign of life. */
  #looking = 0;
  #peerMs = Number.NEGATIVE_INFINITY;
  #spokeMs = Number.NEGATIVE_INFINITY;
  #askedMs = Number.NEGATIVE_INFINITY;
  #seenMs = Number.NEGATIVE_INFINITY;
  #lookedMs = performance.now();
  #heldFromMs: number | undefined;
  #contestedFromMs: number | undefined;
  #yieldedMs = Number.NEGATIVE_INFINITY;
  readonly #way = new Way(performance.now());
  #waySeenMs = Number.NEGATIVE_INFINITY;
  #decision: Decision = { may: true, claims: false };

  constructor(options: HolderOptions) {
    this.#options = options;
    this.#socket = createSocket('udp4');
    this.#socket.on('message', (datagram, { address }) => this.#hear(datagram, address));
    this.#socket.bind(options.port, options.me.address);
  }

  /** To be called every {@link LOOK_MS}. */
  look(): void {
    const now = performance.now();
    this.#forgive(now);
    const holds = this.#options.holds();
    const view = this.#view(now, holds);
    const before = this.#decision.may;
    if (now - this.#startedMs >= BEGINS_MS) this.#decision = decide(view);
    if (holds && !this.#decision.may && yields(view) && view.yieldedMs >= AGAIN_MS) this.#yieldedMs = now;
    if (this.#decision.may !== before) {
      const heard = view.testimonies.map((each) => JSON.stringify(each)).join(' ');
      this.#options.may(
        this.#decision.may,
        `holds ${holds}, peer ${Math.round(view.peerMs)} ms, no primary for ${Math.round(view.lacksMs)} ms, ${heard}`,
      );
    }
    const word = {
      kind: 'word',
      from: this.#options.me.name,
      run: this.#run,
      holds,
      claims: this.#decision.claims,
      serves: this.#way.isSteady(now),
    } as const;
    if (now - this.#spokeMs >= SPEAKS_MS) {
      this.#spokeMs = now;
      this.#say(word, this.#options.peers);
    }
    if (speaks(view, now - this.#askedMs)) {
      this.#askedMs = now;
      this.#say(word, this.#options.witnesses);
    }
    if (now - this.#seenMs >= SEEN_MS) this.#lookForOthers();
    if (now - this.#waySeenMs >= SERVES_EVERY_MS) {
      this.#waySeenMs = now;
      void this.#options.serves().then((isThere) => {
        if (isThere !== undefined) this.#way.saw(isThere, performance.now());
      });
    }
  }

  close(): void {
    this.#socket.close();
  }

  /** Time in which this process did not run, on a busy machine, says nothing of the others. */
  #forgive(now: number): void {
    const lateMs = now - this.#lookedMs - LOOK_MS;
    this.#lookedMs = now;
    if (lateMs < LATE_MS) return;
    this.#peerMs += lateMs;
    this.#seenMs += lateMs;
    this.#way.forgive(lateMs);
  }

  #view(now: number, holds: boolean) {
    const { name: me } = this.#options.me;
    const testimonies = [...this.#testimonies.values()].map(({ atMs, said }) => ({ ...said, ageMs: now - atMs }));
    this.#heldFromMs = holds ? (this.#heldFromMs ?? now) : undefined;
    const heldMs = this.#heldFromMs === undefined ? undefined : now - this.#heldFromMs;
    this.#contestedFromMs = isContested({ me, heldMs, testimonies }) ? (this.#contestedFromMs ?? now) : undefined;
    return {
      me,
      heldMs,
      contestedMs: now - (this.#contestedFromMs ?? now),
      peerMs: now - this.#peerMs,
      testimonies,
      seesAnotherZone: now - this.#seenMs < SEEN_MS + SIGN_MS,
      lacksMs: this.#way.lacksMs(now),
      yieldedMs: now - this.#yieldedMs,
    };
  }

  #say(word: Omit<Word, 'seq'>, to: readonly Place[]): void {
    this.#seq += 1;
    const datagram = seal(this.#options.secrets[0], { ...word, seq: this.#seq });
    for (const { address } of to) this.#socket.send(datagram, this.#options.port, address, () => {});
  }

  #hear(datagram: Buffer, address: string): void {
    const said = open(this.#options.secrets, datagram);
    if (!said) return;
    const now = performance.now();
    if (said.kind === 'answer') this.#hearWitness(said, address, now);
    else this.#hearPeer(said, now);
  }

  #hearPeer(said: Word, now: number): void {
    if (this.#options.peers.every(({ name }) => name !== said.from) || !this.#order.isNew(said)) return;
    this.#peerMs = now;
    this.#seenMs = now;
  }

  #hearWitness(
    { from, run, seq, hasQuorum, holder, revision, otherHoldsMs, otherServesMs }: Answer,
    address: string,
    now: number,
  ): void {
    // An answer from before, or to another process of this host.
    if (run !== this.#run || !this.#options.witnesses.some((each) => each.name === from && each.address === address))
      return;
    if (!this.#order.isNew({ from, run, seq })) return;
    const said = {
      hasQuorum,
      holder: holder ?? undefined,
      revision,
      otherHoldsMs: otherHoldsMs ?? Number.POSITIVE_INFINITY,
      otherServesMs: otherServesMs ?? Number.POSITIVE_INFINITY,
    };
    this.#testimonies.set(from, { atMs: now, said });
  }

  #lookForOthers(): void {
    if (this.#looking > 0) return;
    for (const { address, port } of this.#options.others) {
      this.#looking += 1;
      const socket = connect({ host: address, port, timeout: SIGN_MS });
      const isSeen = () => {
        this.#seenMs = performance.now();
        socket.destroy();
      };
      socket.once('connect', isSeen);
      socket.once('timeout', () => socket.destroy());
      socket.once('error', (error: NodeJS.ErrnoException) => {
        // Its kernel said so.
        if (error.code === 'ECONNREFUSED') isSeen();
      });
      socket.once('close', () => {
        this.#looking -= 1;
      });
    }
  }
}
