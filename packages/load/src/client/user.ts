import { clockMs, type OperationRecord } from '../history.ts';
import { CookieJar } from './cookies.ts';
import { DEADLINE_MS, type HttpAnswer, type HttpClient } from './http-client.ts';
import type { PlannedOperation } from './operations.ts';
import { otherOutcome, worse } from './outcome.ts';

/** Longest page of the ledger that the API gives. */
const PAGE = 100;
/** More pages than any ledger of a run has. */
const MOST_PAGES = 50;

/** Below `/api/v1/analytics`. */
const QUESTIONS = ['summary', 'points-by-day', 'tiers', 'top-customers'] as const;

export interface Credentials {
  email: string;
  password: string;
}

/** What an operation did, without what its plan says. */
type Done = Omit<OperationRecord, 'index' | 'kind' | 'user' | 'dueMs' | 'sentMs' | 'endMs'>;

/** An answer, and how long it took from the first try on. */
type Answer = HttpAnswer & { tookMs: number };

/** A ledger line that an answer names. */
interface NamedEntry {
  id: string;
  balance: number;
}

/** One person at a browser: a session, cookies, and what was written last. Several requests may be under way, as in tabs. */
export class VirtualUser {
  readonly #http: HttpClient;
  readonly #credentials: Credentials;
  readonly #customers: readonly string[];
  readonly #jar = new CookieJar();
  /** Always the write whose answer set the cookie that says how far a replica must be. */
  #lastWrite: { customer: string; entry: string } | undefined;

  constructor(http: HttpClient, credentials: Credentials, customers: readonly string[]) {
    this.#http = http;
    this.#credentials = credentials;
    this.#customers = customers;
  }

  /** Does one planned operation and tells how it went. Never throws. @param key Idempotency-Key if it is a write */
  async perform(index: number, plan: PlannedOperation, key: string, dueMs: number): Promise<OperationRecord> {
    const sentMs = clockMs();
    const done = await this.#do(plan, key);
    return { index, kind: plan.kind, user: plan.user, dueMs, sentMs, endMs: clockMs(), ...done };
  }

  /** @param key the API needs none, but with one the load balancer may ask another server when the first one dies */
  async login(key: string): Promise<Done> {
    const answer = await this.#send('POST', '/api/v1/auth/login', { body: this.#credentials, key });
    return { ...seen(answer), outcome: answer.status === 200 ? 'ok' : otherOutcome(answer, answer.tookMs) };
  }

  #do(plan: PlannedOperation, key: string): Promise<Done> {
    const customer = this.#customers[plan.customer] ?? '';
    switch (plan.kind) {
      case 'earn':
      case 'redeem':
        return this.#book(plan.kind, customer, plan.points, key);
      case 'repeat':
        return this.#bookTwice(customer, plan.points, key);
      case 'transfer':
        return this.#transfer(customer, this.#customers[plan.other] ?? '', plan.points, key);
      case 'profile':
        return this.#readProfile(customer);
      case 'own-read':
        return this.#lastWrite ? this.#readOwnWrite(this.#lastWrite) : this.#readProfile(customer);
      case 'analytics':
        return this.#ask(QUESTIONS[plan.points % QUESTIONS.length] ?? '');
      case 'report':
        return this.#readReport();
      case 'login':
        return this.login(key);
    }
  }

  /** The key is the reference too: each ledger line tells which request it is from. */
  async #book(type: 'earn' | 'redeem', customer: string, points: number, key: string): Promise<Done> {
    const body = { type, points, reason: 'drill', reference: key };
    const answer = await this.#send('POST', `/api/v1/customers/${customer}/points`, { body, key });
    const line = dataOf<NamedEntry>(answer);
    return { ...this.#written(answer, customer, line ? [line] : []), points, key };
  }

  /** A double click: both answers must name one and the same ledger line; one that says "done" is enough to rely on it. */
  async #bookTwice(customer: string, points: number, key: string): Promise<Done> {
    const book = () => this.#book('earn', customer, points, key);
    const [first, second] = await Promise.all([book(), book()]);
    const outcome = worse(first.outcome, second.outcome);
    const told = first.outcome === outcome ? first : second;
    // A second id or balance stands beside the first: two answers that differ show.
    const lines = new Map<string, [string, number]>();
    for (const { entries = [], balances = [] } of [first, second]) {
      for (const [n, id] of entries.entries()) lines.set(`${id} ${balances[n]}`, [id, balances[n] ?? Number.NaN]);
    }
    const isAcknowledged = first.outcome === 'ok' || second.outcome === 'ok';
    return {
      ...told,
      outcome,
      attempts: first.attempts + second.attempts - 1,
      entries: [...lines.values()].map(([id]) => id),
      balances: [...lines.values()].map(([, balance]) => balance),
      ...(outcome !== 'ok' && isAcknowledged ? { acknowledged: true } : {}),
    };
  }

  async #transfer(customer: string, to: string, points: number, key: string): Promise<Done> {
    const body = { from: customer, to, points, reference: key };
    const answer = await this.#send('POST', '/api/v1/transfers', { body, key });
    type Side = { entryId: string; balance: number };
    const data = dataOf<{ from: Side; to: Side }>(answer);
    const sides = data ? [data.from, data.to].map(({ entryId, balance }) => ({ id: entryId, balance })) : [];
    return { ...this.#written(answer, customer, sides), to, points, key };
  }

  async #readProfile(customer: string): Promise<Done> {
    const answer = await this.#send('GET', `/api/v1/customers/${customer}`);
    const right = answer.status === 200 && dataOf<{ id: string }>(answer)?.id === customer;
    return { ...seen(answer), outcome: right ? 'ok' : otherOutcome(answer, answer.tookMs), customer };
  }

  async #ask(question: string): Promise<Done> {
    const answer = await this.#send('GET', `/api/v1/analytics/${question}`);
    const right = answer.status === 200 && dataOf<unknown>(answer) !== undefined;
    return { ...seen(answer), outcome: right ? 'ok' : otherOutcome(answer, answer.tookMs) };
  }

  /** A file that breaks off ends in an error of the connection, and is asked for again. */
  async #readReport(): Promise<Done> {
    const today = new Date().toISOString().slice(0, 10);
    const answer = await this.#send('GET', `/api/v1/reports/points.csv?from=${today}&to=${today}`);
    const right = answer.status === 200 && typeof answer.body === 'string' && answer.body.startsWith('createdAt,');
    return { ...seen(answer), outcome: right ? 'ok' : otherOutcome(answer, answer.tookMs) };
  }

  /**
   * Reads the ledger, newest lines first, until the line is seen or the ledger ends. Lines that come meanwhile only shift
   * others to later pages, so none is missed.
   */
  async #readOwnWrite({ customer, entry }: { customer: string; entry: string }): Promise<Done> {
    const end = performance.now() + DEADLINE_MS;
    let attempts = 0;
    for (let page = 1; ; page++) {
      const path = `/api/v1/customers/${customer}/points?limit=${PAGE}&page=${page}`;
      const answer = await this.#send('GET', path, { deadlineMs: end - performance.now() });
      attempts += answer.attempts;
      const entries = dataOf<{ entries: { id: string }[] }>(answer)?.entries;
      const told = { ...seen(answer), attempts: attempts - page + 1, customer };
      if (answer.status !== 200 || !entries) return { ...told, outcome: otherOutcome(answer, answer.tookMs) };
      const shown = entries.some((each) => each.id === entry);
      if (shown || entries.length < PAGE) return { ...told, outcome: 'ok', wanted: entry, shown };
      if (page === MOST_PAGES) return { ...told, outcome: 'ok', wanted: entry };
    }
  }

  /** A write's outcome by its answer. */
  #written(answer: Answer, customer: string, lines: readonly NamedEntry[]): Done {
    const [line] = lines;
    if (line && answer.headers['x-read-after']) this.#lastWrite = { customer, entry: line.id };
    const outcome = answer.status === 201 && line ? 'ok' : otherOutcome(answer, answer.tookMs);
    const named = { entries: lines.map(({ id }) => id), balances: lines.map(({ balance }) => balance) };
    return { ...seen(answer), outcome, customer, ...(line ? named : {}) };
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    { body, key, deadlineMs = DEADLINE_MS }: { body?: unknown; key?: string; deadlineMs?: number } = {},
  ): Promise<Answer> {
    const cookie = this.#jar.header();
    const start = performance.now();
    const request = { method, path, cookie, ...(body ? { body } : {}), ...(key ? { key } : {}) };
    const answer = await this.#http.send(request, deadlineMs);
    this.#jar.store(answer.headers['set-cookie']);
    return { ...answer, tookMs: performance.now() - start };
  }
}

function seen({ attempts, status, code }: HttpAnswer): Pick<Done, 'attempts' | 'status' | 'code'> {
  return { attempts, ...(status === undefined ? {} : { status }), ...(code ? { code } : {}) };
}

function dataOf<T>({ status, body }: HttpAnswer): T | undefined {
  return status !== undefined && status < 300 ? (body as { data?: T } | undefined)?.data : undefined;
}
