import { createHash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Cache } from '../cache/cache.ts';
import { Aside } from '../resilience/admission/aside.ts';
import { Deadline } from '../resilience/deadline.ts';
import type { Primary } from '../resilience/primary/primary.ts';
import type { Committed } from '../resilience/primary/transact.ts';

export const SESSION_SECONDS = 12 * 3600;
/** How long an answer of the database is believed. Short: the cache may miss that a session was ended. */
const CACHE_SECONDS = 60;
/** How long this process believes what it knows of a session: a logout at another server ends it here within that time. */
const LOCAL_MS = 2000;
/** Sessions that this process knows at a time, unknown tokens among them. */
const MOST_LOCAL = 10_000;
/** 32 random bytes as base64url. Anything else is no token: nobody is asked about it, and none of it is kept. */
const TOKEN = /^[\w-]{43}$/;
/** Sessions that are looked up in the database at a time: anybody can send tokens that nobody knows. */
const LOOKED_UP_AT_A_TIME = 4;
/** In the cache in place of a session that was ended: a reader that saw it just before cannot bring it back. */
const ENDED = 'ended';

export interface User {
  id: string;
  email: string;
  role: string;
}

export interface NewSession {
  token: string;
  expiresAt: string;
}

interface Entry extends User {
  expiresAt: string;
}

/** What was found under a token's hash; an unknown token is worth knowing, too. */
interface Found {
  entry: Entry | undefined;
}

/** Sessions: PostgreSQL holds them, Redis repeats them. Both know the token's hash only. */
export class Sessions {
  readonly #primary: Primary;
  readonly #cache: Cache;
  readonly #aside = new Aside(LOOKED_UP_AT_A_TIME);
  /** By token, as a hash for each request costs more than all else here. Many requests of a session come at once: one of them asks. */
  readonly #local = new LRUCache<string, Found, Deadline>({
    max: MOST_LOCAL,
    ttl: LOCAL_MS,
    fetchMethod: (token, _stale, { context }) => this.#look(digest(token), new Deadline(context.atMs)),
  });

  constructor(primary: Primary, cache: Cache) {
    this.#primary = primary;
    this.#cache = cache;
  }

  /** How many wait for the database to tell whose session it is. */
  get waiting(): number {
    return this.#aside.waiting;
  }

  async start(userId: string, deadline: Deadline): Promise<Committed<NewSession>> {
    const token = randomBytes(32).toString('base64url');
    const expiresAt = new Date(Date.now() + SESSION_SECONDS * 1000).toISOString();
    const { position } = await this.#primary.transaction(
      (tx) =>
        // The token is new, so a conflict means that an earlier run was committed.
        tx.query('INSERT INTO sessions (token_hash, user_id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
          digest(token),
          userId,
          expiresAt,
        ]),
      { deadline, onUnknown: 'rerun' },
    );
    return { value: { token, expiresAt }, position };
  }

  /** Whose session it is; undefined when there is none such. */
  async find(token: string, deadline: Deadline): Promise<User | undefined> {
    if (!TOKEN.test(token)) return undefined;
    const { entry } = this.#local.get(token) ?? (await this.#ask(token, deadline));
    if (!entry || Date.parse(entry.expiresAt) <= Date.now()) return undefined;
    return { id: entry.id, email: entry.email, role: entry.role };
  }

  async #ask(token: string, deadline: Deadline): Promise<Found> {
    // Who came first may have less time than we have.
    const found = await this.#local.fetch(token, { context: deadline }).catch(() => undefined);
    return found ?? this.#look(digest(token), deadline);
  }

  async end(token: string, deadline: Deadline): Promise<void> {
    const hash = digest(token);
    await this.#primary.transaction((tx) => tx.query('DELETE FROM sessions WHERE token_hash = $1', [hash]), {
      deadline,
      onUnknown: 'rerun',
    });
    this.#local.set(token, { entry: undefined });
    await this.#cache.put(cacheKey(hash), ENDED, CACHE_SECONDS);
  }

  async #look(hash: Buffer, deadline: Deadline): Promise<Found> {
    const key = cacheKey(hash);
    const cached = await this.#cache.get(key);
    if (cached === ENDED) return { entry: undefined };
    if (cached !== undefined) return { entry: JSON.parse(cached) as Entry };
    const entry = await this.#aside.run(() => this.#load(hash, deadline), deadline);
    if (entry) void this.#cache.add(key, JSON.stringify(entry), CACHE_SECONDS);
    return { entry };
  }

  async #load(hash: Buffer, deadline: Deadline): Promise<Entry | undefined> {
    const [row] = await this.#primary.read(
      (query) =>
        query<User & { expires_at: Date }>(
          `SELECT u.id, u.email, u.role, s.expires_at
         FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.token_hash = $1 AND s.expires_at > now()`,
          [hash],
        ),
      deadline,
    );
    return row && { id: row.id, email: row.email, role: row.role, expiresAt: row.expires_at.toISOString() };
  }
}

/** Tokens are random, so a plain hash is enough: whoever reads the database or the cache cannot log in with it. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function cacheKey(hash: Buffer): string {
  return `session:${hash.toString('base64url')}`;
}
