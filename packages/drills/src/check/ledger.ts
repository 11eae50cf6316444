import { type Credentials, HttpClient, inTurns, logIn } from '@sbmcrm/load';

/** A ledger line as the platform shows it. */
export interface LedgerEntry {
  id: string;
  /** As it changed the balance: with its sign. */
  points: number;
  /** After it. */
  balance: number;
  /** The Idempotency-Key of the request that it is from. */
  reference: string | null;
}

/** What the platform says of one customer, oldest line first. */
export interface CustomerLedger {
  balance: number;
  entries: LedgerEntry[];
}

const PAGE = 100;

/** Customers of a run and their ledgers, read and put away through the platform's own API. */
export class LedgerReader {
  readonly #http: HttpClient;
  readonly #cookie: string;

  private constructor(http: HttpClient, cookie: string) {
    this.#http = http;
    this.#cookie = cookie;
  }

  /** @throws Error in one line when the login fails */
  static async open(origin: string, credentials: Credentials): Promise<LedgerReader> {
    const http = new HttpClient(origin);
    try {
      return new LedgerReader(http, await logIn(http, credentials));
    } catch (error) {
      await http.close();
      throw error;
    }
  }

  /** Reads whole ledgers. No position is sent, so the primary answers. @throws Error in one line */
  async read(customers: readonly string[]): Promise<Map<string, CustomerLedger>> {
    const ledgers = new Map<string, CustomerLedger>();
    await inTurns(customers.length, async (n) => {
      const customer = customers[n] ?? '';
      ledgers.set(customer, await this.#readOne(customer));
    });
    return ledgers;
  }

  async #readOne(customer: string): Promise<CustomerLedger> {
    const entries: LedgerEntry[] = [];
    for (let page = 1; ; page++) {
      const path = `/api/v1/customers/${customer}/points?sort=createdAt:asc&limit=${PAGE}&page=${page}`;
      const answer = await this.#http.send({ method: 'GET', path, cookie: this.#cookie });
      const data = (answer.body as { data?: { balance: number; entries: LedgerEntry[] } } | undefined)?.data;
      if (answer.status !== 200 || !data) throw new Error(`cannot read a ledger: ${answer.status ?? answer.code}`);
      entries.push(...data.entries);
      if (data.entries.length < PAGE) return { balance: data.balance, entries };
    }
  }

  /** Takes the run's customers off the CRM's lists; the ledger keeps its lines. What fails is left: it does no harm. */
  async putAway(customers: readonly string[]): Promise<void> {
    await inTurns(customers.length, async (n) => {
      await this.#http.send({ method: 'DELETE', path: `/api/v1/customers/${customers[n]}`, cookie: this.#cookie });
    });
  }

  async close(): Promise<void> {
    await this.#http.close();
  }
}
