import { afterEach, describe, expect, it, vi } from 'vitest';
import { Holder, type Place } from './holder.ts';
import { type KeyStore, Witness } from './witness.ts';

const SECRETS: [string] = ['secret'];
// Each has an address of its own on the loopback link, as each has one of the platform's, and all the same port.
const PORT = 20_000 + (process.pid % 20_000);
const place = (name: string, n: number): Place => ({ name, address: `127.77.1.${n}` });
const LB_A = place('lb-a', 1);
const LB_B = place('lb-b', 2);
const WITNESSES = [place('quorum-a', 11), place('quorum-b', 12), place('quorum-c', 13)];

/** One key, for all witnesses. */
class Store implements KeyStore {
  key: { value: string; revision: number; lease: string } | undefined;
  isSilent = false;

  async read() {
    if (this.isSilent) throw new Error('no quorum');
    return this.key;
  }

  async writeLeased(_key: string, value: string, revision: number) {
    if ((this.key?.revision ?? 0) !== revision) return false;
    this.key = { value, revision: revision + 1, lease: value };
    return true;
  }

  async keepAlive() {
    return true;
  }
}

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

function startWitnesses(store: Store): void {
  for (const { name, address } of WITNESSES) {
    const witness = new Witness({
      ...{ name, address, port: PORT, secrets: SECRETS, balancers: ['lb-a', 'lb-b'], key: '/k', store },
      log: () => {},
    });
    const timer = setInterval(() => void witness.look(), 100);
    open.push(() => {
      clearInterval(timer);
      witness.close();
    });
  }
}

function startHolder(
  me: Place,
  peers: Place[],
  holds: () => boolean,
  others: { address: string; port: number }[] = [],
  serves: () => boolean | undefined = () => true,
) {
  const said: boolean[] = [];
  const options = {
    ...{ me, peers, holds, others, secrets: SECRETS, port: PORT, witnesses: WITNESSES },
    serves: async () => serves(),
  };
  const holder = new Holder({ ...options, may: (isAllowed) => said.push(isAllowed) });
  const timer = setInterval(() => holder.look(), 50);
  const stop = () => {
    clearInterval(timer);
    holder.close();
  };
  open.push(stop);
  return { said, stop: () => open.splice(open.indexOf(stop), 1).forEach((close) => void close()) };
}

const eventually = (probe: () => void) => vi.waitFor(probe, { timeout: 20_000, interval: 20 });

describe('holders and witnesses on their sockets', () => {
  it('give the key to who has the addresses, and to the other one when that one is silent', async () => {
    const store = new Store();
    startWitnesses(store);
    let hasB = false;
    const a = startHolder(LB_A, [LB_B], () => true);
    const b = startHolder(LB_B, [LB_A], () => hasB);
    await eventually(() => expect(store.key?.value).toBe('lb-a'));
    a.stop();
    hasB = true;
    await eventually(() => expect(store.key?.value).toBe('lb-b'));
    expect([a.said, b.said.at(-1) ?? true]).toEqual([[], true]);
  });

  it('keep one from the addresses that does not hear its peer, while a witness does', async () => {
    const store = new Store();
    startWitnesses(store);
    startHolder(LB_A, [], () => true);
    const { said } = startHolder(LB_B, [], () => false);
    await eventually(() => expect(said).toEqual([false]));
    expect(store.key?.value).toBe('lb-a');
  });

  it('keep one from them that is cut off from all others, and no other one without a quorum', async () => {
    const store = new Store();
    store.isSilent = true;
    startWitnesses(store);
    // Nobody listens there, and its kernel says so.
    startHolder(LB_A, [], () => true, [{ address: '127.77.1.99', port: 1 }]);
    const cutOff = startHolder(LB_B, [], () => true);
    await eventually(() => expect(cutOff.said).toEqual([false]));
    expect(store.key).toBeUndefined();
  });

  it('leave them to one that they do not hear and that has a way to the primary, and not because nobody knows', async () => {
    const store = new Store();
    startWitnesses(store);
    let [hasA, servesA]: [boolean, boolean | undefined] = [true, undefined];
    const a = startHolder(
      LB_A,
      [],
      () => hasA,
      [],
      () => servesA,
    );
    const b = startHolder(LB_B, [], () => !hasA);
    await eventually(() => expect(store.key?.value).toBe('lb-a'));
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(a.said).toEqual([]);
    servesA = false;
    await eventually(() => expect(a.said).toEqual([false]));
    hasA = false;
    await eventually(() => expect(store.key?.value).toBe('lb-b'));
    expect(b.said.at(-1) ?? true).toBe(true);
    expect(a.said).toEqual([false]);
  });

  it('do not count the time in which their own process did not run', async () => {
    const real = performance.now.bind(performance);
    let laterMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => real() + laterMs);
    const { said } = startHolder(LB_A, [], () => true, [{ address: '127.77.1.99', port: 1 }]);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    laterMs = 10_000;
    await new Promise((resolve) => setTimeout(resolve, 500));
    vi.restoreAllMocks();
    expect(said).toEqual([]);
  });
});
