import { randomUUID } from 'node:crypto';
import { eventually } from './cli.ts';
import type { TestPlatform } from './platform.ts';

/** On one page, at most. */
const MOST_ENTRIES = 100;

/** A client of the CRM that does what a careful application does: same key, try again, until its deadline. */
export class CrmClient {
  readonly #platform: TestPlatform;
  #token = '';
  #position: string | undefined;

  constructor(platform: TestPlatform) {
    this.#platform = platform;
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
    after?: string,
  ): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${this.#platform.url}${path}`, {
      method,
      headers: {
        ...this.#login,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key ? { 'idempotency-key': key } : {}),
        ...(after ? { 'x-read-after': after } : {}),
      },
      signal: AbortSignal.timeout(40_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    this.#position = response.headers.get('x-read-after') ?? this.#position;
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined };
  }

  get #login(): Record<string, string> {
    return this.#token ? { authorization: `Bearer ${this.#token}` } : {};
  }

  /** Reads what this client has written at last, also from a replica. */
  readOwn(path: string): Promise<{ status: number; body: unknown }> {
    return this.call('GET', path, undefined, undefined, this.#position);
  }

  /** An answer whose body is still to come. */
  open(path: string): Promise<Response> {
    return fetch(`${this.#platform.url}${path}`, { headers: this.#login, signal: AbortSignal.timeout(120_000) });
  }

  /** Repeats a call with one Idempotency-Key until it is answered with success. */
  async insist<T>(method: string, path: string, body?: unknown): Promise<T> {
    const key = randomUUID();
    let last = '';
    return eventually(`${method} ${path}`, async () => {
      const answer = await this.call(method, path, body, key);
      last = `${answer.status} ${JSON.stringify(answer.body)}`;
      if (answer.status >= 200 && answer.status < 300) return (answer.body as { data: T }).data;
      if (answer.status < 500 && answer.status !== 409) throw new Error(last);
      return undefined;
    }).catch((error: Error) => {
      throw new Error(`${error.message}; last answer: ${last}`);
    });
  }

  async login(): Promise<void> {
    const { email, password } = await this.#platform.json<{ email: string; password: string }>('credentials');
    const { token } = await this.insist<{ token: string }>('POST', '/api/v1/auth/login', { email, password });
    this.#token = token;
  }

  async createCustomer(): Promise<string> {
    const id = randomUUID();
    const customer = await this.insist<{ id: string }>('POST', '/api/v1/customers', {
      name: `Customer ${id}`,
      email: `${id}@example.com`,
    });
    return customer.id;
  }

  /** @returns the ledger entry's id and the balance after it */
  earn(customer: string, points: number): Promise<{ id: string; balance: number }> {
    return this.insist('POST', `/api/v1/customers/${customer}/points`, { type: 'earn', points, reason: 'test' });
  }

  /** All of a customer's ledger. */
  async ledger(customer: string): Promise<{ balance: number; entries: { id: string; points: number }[] }> {
    type Page = { balance: number; entries: { id: string; points: number }[] };
    const entries: Page['entries'] = [];
    for (let page = 1; ; page += 1) {
      const path = `/api/v1/customers/${customer}/points?limit=${MOST_ENTRIES}&page=${page}`;
      const { balance, entries: next } = await this.insist<Page>('GET', path);
      entries.push(...next);
      if (next.length < MOST_ENTRIES) return { balance, entries };
    }
  }
}
