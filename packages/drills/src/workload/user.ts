import { CookieJar } from './cookies.ts';
import { clockMs, type OperationRecord, type Outcome } from './history.ts';
import type { HttpAnswer, HttpClient } from './http-client.ts';
import type { PlannedOperation } from './operations.ts';

/** Longest page of the ledger that the API gives. */
const PAGE = 100;

export interface Credentials {
  email: string;
  password: string;
}

/** What an operation did, without what its plan says. */
type Done = Omit<OperationRecord, 'index' | 'kind' | 'user' | 'dueMs' | 'sentMs' | 'endMs'>;

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
    const answer = await this.#send('POST', '/api/v1/auth/login', this.#credentials, key);
    return { ...seen(answer), outcome: answer.status === 200 ? 'ok' : 'failed' };
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
      case 'login':
        return this.login(key);
    }
  }

  /** The key is the reference too: each ledger line tells which request it is from. */
  async #book(type: 'earn' | 'redeem', customer: string, points: number, key: string): Promise<Done> {
    const body = { type, points, reason: 'drill', reference: key };
    const answer = await this.#send('POST', `/api/v1/customers/${customer}/points`, body, key);
    const id = dataOf<{ id: string }>(answer)?.id;
    return { ...this.#written(answer, customer, id ? [id] : []), points, key };
  }

  /** A double click: both answers must name one and the same ledger line. */
  async #bookTwice(customer: string, points: number, key: string): Promise<Done> {
    const book = () => this.#book('earn', customer, points, key);
    const [first, second] = await Promise.all([book(), book()]);
    const worse = second.outcome === 'ok' ? first : second;
    const entries = [...new Set([...(first.entries ?? []), ...(second.entries ?? [])])];
    return { ...worse, attempts: first.attempts + second.attempts - 1, entries };
  }

  async #transfer(customer: string, to: string, points: number, key: string): Promise<Done> {
    const body = { from: customer, to, points, reference: key };
    const answer = await this.#send('POST', '/api/v1/transfers', body, key);
    const data = dataOf<{ from: { entryId: string }; to: { entryId: string } }>(answer);
    return { ...this.#written(answer, customer, data ? [data.from.entryId, data.to.entryId] : []), to, points, key };
  }

  async #readProfile(customer: string): Promise<Done> {
    const answer = await this.#send('GET', `/api/v1/customers/${customer}`);
    const right = answer.status === 200 && dataOf<{ id: string }>(answer)?.id === customer;
    return { ...seen(answer), outcome: right ? 'ok' : 'failed', customer };
  }

  async #readOwnWrite({ customer, entry }: { customer: string; entry: string }): Promise<Done> {
    const answer = await this.#send('GET', `/api/v1/customers/${customer}/points?limit=${PAGE}`);
    const entries = dataOf<{ entries: { id: string }[] }>(answer)?.entries;
    if (answer.status !== 200 || !entries) return { ...seen(answer), outcome: 'failed', customer };
    const shown = entries.some((each) => each.id === entry);
    // A full page without it cannot tell: it may stand on the next one.
    const canTell = shown || entries.length < PAGE;
    return { ...seen(answer), outcome: 'ok', customer, wanted: entry, ...(canTell ? { shown } : {}) };
  }

  /** A write's outcome by its answer. */
  #written(answer: HttpAnswer, customer: string, entries: string[]): Done {
    const [entry] = entries;
    if (entry && answer.headers['x-read-after']) this.#lastWrite = { customer, entry };
    const { status, code } = answer;
    const refused = status === 422 && code === 'INSUFFICIENT_POINTS';
    const outcome: Outcome = status === 201 && entry ? 'ok' : refused ? 'refused' : 'failed';
    return { ...seen(answer), outcome, customer, ...(entry ? { entries } : {}) };
  }

  async #send(method: 'GET' | 'POST', path: string, body?: unknown, key?: string): Promise<HttpAnswer> {
    const cookie = this.#jar.header();
    const answer = await this.#http.send({ method, path, cookie, ...(body ? { body } : {}), ...(key ? { key } : {}) });
    this.#jar.store(answer.headers['set-cookie']);
    return answer;
  }
}

function seen({ attempts, status, code }: HttpAnswer): Pick<Done, 'attempts' | 'status' | 'code'> {
  return { attempts, ...(status === undefined ? {} : { status }), ...(code ? { code } : {}) };
}

function dataOf<T>({ status, body }: HttpAnswer): T | undefined {
  return status !== undefined && status < 300 ? (body as { data?: T } | undefined)?.data : undefined;
}
