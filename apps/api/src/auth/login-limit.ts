import { LRUCache } from 'lru-cache';
import { ApiError } from '../errors.ts';

export interface Caller {
  /** Of the client, as the load balancer saw it. */
  address: string;
  account: string;
}

const WINDOW_MS = 15 * 60_000;
/** Accounts and addresses that are remembered at a time; to push one out takes as many failed logins, of 0.2 s of a core each. */
const MOST_KNOWN = 10_000;
/**
 * Failed logins in a window. Few from one address for one account; more for an account from everywhere, so that a stranger does not
 * lock its owner out at once; more from an address for all accounts, as an office has one.
 */
const MOST = { pair: 20, account: 200, address: 100 } as const;

/** Who guesses passwords is told to wait, on each server by itself. Logins that succeed are not limited. */
export class LoginLimit {
  readonly #failures = new LRUCache<string, number>({
    max: MOST_KNOWN,
    ttl: WINDOW_MS,
    noUpdateTTL: true,
    // Looked up each time: a test has a clock of its own.
    perf: { now: () => performance.now() },
  });

  /** @throws {ApiError} TOO_MANY_LOGINS */
  check(caller: Caller): void {
    for (const { key, most } of keysOf(caller)) {
      if ((this.#failures.get(key) ?? 0) < most) continue;
      throw new ApiError('TOO_MANY_LOGINS', [], { waitMs: this.#failures.getRemainingTTL(key) });
    }
  }

  failed(caller: Caller): void {
    for (const { key } of keysOf(caller)) this.#failures.set(key, (this.#failures.get(key) ?? 0) + 1);
  }

  /** Somebody who knows the password has tried before. */
  succeeded({ address, account }: Caller): void {
    this.#failures.delete(pairKey(address, account));
  }
}

const pairKey = (address: string, account: string) => `pair ${address} ${account.toLowerCase()}`;

function keysOf({ address, account }: Caller): { key: string; most: number }[] {
  return [
    { key: pairKey(address, account), most: MOST.pair },
    { key: `account ${account.toLowerCase()}`, most: MOST.account },
    { key: `address ${address}`, most: MOST.address },
  ];
}
