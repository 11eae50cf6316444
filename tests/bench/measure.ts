import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type HttpClient, type HttpRequest, inTurns } from '@sbmcrm/load';
import { daemonRecord, Runtime } from '@sbmcrm/local';
import { planNetwork } from '@sbmcrm/topology';

export { type Spread, spread } from '@sbmcrm/report';

/** Proportional set size of some processes, in MB: shared pages are counted once over all. */
export function memoryMb(pids: readonly number[]): number {
  let kilobytes = 0;
  for (const pid of pids) {
    try {
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0);
    } catch {
      // ended meanwhile
    }
  }
  return kilobytes / 1024;
}

/** Every process of a platform that is up: of its hosts, and its daemon's. */
export function processesOf(network: string): number[] {
  const plan = planNetwork(network);
  const runtime = new Runtime(plan);
  const daemon = daemonRecord(plan);
  const hosts = [...runtime.look().keys()].flatMap((name) => runtime.processes(name));
  return [...hosts, ...(daemon ? [daemon.pid, daemon.supervisor.pid] : [])];
}

/** Processor time of some processes and their ended children so far, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  const ticksPerSecond = 100;
  let ticks = 0;
  for (const pid of pids) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      for (const index of [11, 12, 13, 14]) ticks += fields[index] ?? 0;
    } catch {
      // ended meanwhile
    }
  }
  return ticks / ticksPerSecond;
}

/**
 * Calls one after the other over some connections for a while, as fast as they are answered.
 *
 * @returns how long each took, in milliseconds, the shortest first
 * @throws Error on any answer but a good one, and when `isStopped` says so
 */
export async function asFastAsAnswered(
  http: HttpClient,
  next: () => HttpRequest,
  { connections, forMs, isStopped }: { connections: number; forMs: number; isStopped: () => boolean },
): Promise<number[]> {
  const start = performance.now();
  const tookMs: number[] = [];
  const caller = async () => {
    while (performance.now() - start < forMs && !isStopped()) {
      const sentMs = performance.now();
      const request = next();
      const { status, code } = await http.send(request);
      if (status !== 200 && status !== 201)
        throw new Error(`${request.method} ${request.path}: ${status} ${code ?? ''}`);
      tookMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));
  if (isStopped()) throw new Error('stopped');
  return tookMs.sort((x, y) => x - y);
}

/** Makes customers to book for. @returns their ids. @throws Error when the platform makes none */
export async function makeCustomers(http: HttpClient, cookie: string, count: number): Promise<string[]> {
  const customers: string[] = [];
  await inTurns(count, async (n) => {
    const request = { method: 'POST', path: '/api/v1/customers', body: { name: `Bench ${n}` }, cookie } as const;
    const { body } = await http.send({ ...request, key: randomUUID() });
    const id = (body as { data?: { id: string } } | undefined)?.data?.id;
    if (id === undefined) throw new Error('no customer could be made');
    customers[n] = id;
  });
  return customers;
}

/** The value that half of them are below. */
export function median(of: readonly number[]): number {
  return [...of].sort((x, y) => x - y)[Math.floor(of.length / 2)] ?? Number.NaN;
}
