import type { LoadSetting } from '../protocol.ts';
import { HttpClient } from './http-client.ts';
import { logIn } from './session.ts';
import { VirtualUser } from './user.ts';

/** Each costs the API a password hash, so there are not many; every one has its own session and cookies. */
const MOST_USERS = 16;
const FEWEST_USERS = 4;
/** Of each user. */
const MOST_REQUESTS_PER_SECOND = 4;
/** So many that a customer gets about one ledger line a second: no row is hot, and few ledgers are longer than a page. */
const MOST_LINES_PER_SECOND = 1;
const FEWEST_CUSTOMERS = 50;
/** More would take longer to make than most drills last. */
const MOST_CUSTOMERS = 400;
const AT_ONCE = 16;

export interface Stage {
  http: HttpClient;
  users: VirtualUser[];
  customers: string[];
}

/** How many users a rate needs. Pure. */
export function usersFor(rate: number): number {
  return Math.min(MOST_USERS, Math.max(FEWEST_USERS, Math.ceil(rate / MOST_REQUESTS_PER_SECOND)));
}

/** How many customers a rate needs. Pure. */
export function customersFor(rate: number): number {
  return Math.min(MOST_CUSTOMERS, Math.max(FEWEST_CUSTOMERS, Math.ceil((rate * 0.6) / MOST_LINES_PER_SECOND)));
}

/**
 * Logs the users in and creates the customers of a run.
 *
 * @throws Error in one line when the platform does not take part
 */
export async function prepare({ origin, credentials, runId, rate }: LoadSetting): Promise<Stage> {
  const http = new HttpClient(origin);
  const customers: string[] = [];
  const users = Array.from({ length: usersFor(rate) }, () => new VirtualUser(http, credentials, customers));
  // The first session creates the customers while the others log in.
  const cookie = await logIn(http, credentials);
  await Promise.all([
    logInAll(users, runId),
    inTurns(customersFor(rate), async (n) => {
      const answer = await http.send({
        method: 'POST',
        path: '/api/v1/customers',
        cookie,
        key: `${runId}-customer-${n}`,
        body: { name: `Drill ${runId} ${n}`, tags: ['drill'] },
      });
      const id = (answer.body as { data?: { id: string } } | undefined)?.data?.id;
      if (!id) throw new Error(`the load cannot create a customer: ${answer.status ?? ''} ${answer.code ?? ''}`);
      customers[n] = id;
    }),
  ]);
  return { http, users, customers };
}

/** Two at a time: that is how many passwords an API server hashes at once. */
async function logInAll(users: readonly VirtualUser[], runId: string): Promise<void> {
  await inTurns(
    users.length,
    async (n) => {
      const done = await users[n]?.login(`${runId}-login-${n}`);
      if (done?.outcome !== 'ok') throw new Error(`the load cannot log in: ${done?.status ?? done?.code}`);
    },
    2,
  );
}

/** Runs `work` for 0 … count − 1, a few at once. */
export async function inTurns(count: number, work: (n: number) => Promise<void>, atOnce = AT_ONCE): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}
