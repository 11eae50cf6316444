import { createSocket, type Socket } from 'node:dgram';
import { change, type Heard, type Key, LEASE_S } from './key.ts';
import { Order, open, seal, type Word } from './words.ts';

/** The key, as `EtcdClient` of `@sbmcrm/http` knows it. */
export interface KeyStore {
  read(key: string): Promise<{ value: string; revision: number; lease: string } | undefined>;
  writeLeased(key: string, value: string, revision: number, leaseS: number): Promise<boolean>;
  keepAlive(lease: string): Promise<boolean>;
}

export interface WitnessOptions {
  name: string;
  address: string;
  port: number;
  /** The first one signs, all are accepted. */
  secrets: readonly [string, ...string[]];
  /** Load balancers, by name. */
  balancers: readonly string[];
  key: string;
  store: KeyStore;
  log(message: string): void;
}

/** Without a look at the key for so long there is no quorum. */
const QUORUM_MS = 1500;
/** A lease of ten seconds is kept once in so long. */
const KEEP_MS = 2000;

/** Hears what load balancers say, answers what it heard from others, and keeps the key for who has the addresses: see key.ts. */
export class Witness {
  readonly #options: WitnessOptions;
  readonly #socket: Socket;
  readonly #order = new Order();
  readonly #heard = new Map<string, Pick<Word, 'holds' | 'claims' | 'serves'> & { atMs: number }>();
  #key: (Key & { lease: string }) | undefined;
  #keyMs = Number.NEGATIVE_INFINITY;
  #keptMs = Number.NEGATIVE_INFINITY;

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#socket = createSocket('udp4');
    this.#socket.on('message', (datagram, { address, port }) => {
      const said = open(options.secrets, datagram);
      if (said?.kind === 'word') this.#hear(said, address, port);
    });
    this.#socket.bind(options.port, options.address);
  }

  /** Looks at the key, and does what is to be done. To be called again and again; never throws. */
  async look(): Promise<void> {
    const { store, key, log } = this.#options;
    const askedMs = performance.now();
    try {
      await this.#read(askedMs);
      if (!this.#key) return;
      const heard = new Map<string, Heard>();
      for (const [name, { atMs, ...said }] of this.#heard) heard.set(name, { ...said, ageMs: askedMs - atMs });
      const todo = change(this.#key, heard);
      if (todo?.do === 'keep' && askedMs - this.#keptMs >= KEEP_MS) {
        this.#keptMs = askedMs;
        await store.keepAlive(this.#key.lease);
      }
      if (todo?.do !== 'take') return;
      const { holder, revision } = this.#key;
      if (!(await store.writeLeased(key, todo.for, revision, LEASE_S))) return;
      log(`${todo.for} has the floating addresses${holder === undefined ? '' : `, and ${holder} has them no more`}`);
      await this.#read(performance.now());
    } catch (error) {
      log((error as Error).message);
    }
  }

  close(): void {
    this.#socket.close();
  }

  async #read(askedMs: number): Promise<void> {
    const found = await this.#options.store.read(this.#options.key);
    this.#key = { holder: found?.value, revision: found?.revision ?? 0, lease: found?.lease ?? '0' };
    this.#keyMs = askedMs;
  }

  #hear(said: Word, address: string, port: number): void {
    const { name, secrets, balancers } = this.#options;
    const { from, run, seq, holds, claims, serves } = said;
    if (!balancers.includes(from) || !this.#order.isNew(said)) return;
    const now = performance.now();
    this.#heard.set(from, { atMs: now, holds, claims, serves });
    const sinceAnother = (what: 'holds' | 'serves') => {
      const others = [...this.#heard].filter(([other, each]) => other !== from && each[what]);
      return others.length > 0 ? Math.round(Math.min(...others.map(([, { atMs }]) => now - atMs))) : null;
    };
    const answer = seal(secrets[0], {
      kind: 'answer',
      from: name,
      run,
      seq,
      hasQuorum: now - this.#keyMs < QUORUM_MS,
      holder: this.#key?.holder ?? null,
      revision: this.#key?.revision ?? 0,
      otherHoldsMs: sinceAnother('holds'),
      otherServesMs: sinceAnother('serves'),
    });
    this.#socket.send(answer, port, address, () => {});
  }
}
