import { deepEqual, equal, fail } from 'node:assert/strict';
import { CloudError, type CloudErrorCode } from '../error.ts';
import type { Fault } from '../faults/fault.ts';
import type { HostState, HostStatus } from '../hosts.ts';
import type { ProviderUnderTest } from './provider.ts';

/** Nothing that a port promises takes longer, on a busy machine too. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 50;

/** Looks until it is so, as the provider counts time. @throws AssertionError saying what did not come */
export async function eventually(
  provider: ProviderUnderTest,
  what: string,
  isSo: () => Promise<boolean>,
): Promise<void> {
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
    if (await isSo()) return;
    await provider.pass(LOOK_MS);
  }
  fail(`${what}: not within ${PATIENCE_MS / 1000} s`);
}

/** @throws AssertionError unless the call is refused for this reason */
export async function refuses(code: CloudErrorCode, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return equal(error.code, code, error.message);
  }
  fail(`nothing was refused: ${code} was expected`);
}

/** Both ways of asking must agree, at once. */
export async function stateIs({ cloud }: ProviderUnderTest, host: string, state: HostState): Promise<HostStatus> {
  const alone = await cloud.hostState(host);
  const listed = (await cloud.listHosts()).find(({ name }) => name === host);
  equal(alone.state, state, `${host} by itself`);
  equal(listed?.state, state, `${host} in the list`);
  return alone;
}

/** The service runs, some time soon. @returns its process */
export async function works(provider: ProviderUnderTest, host: string): Promise<number> {
  let pid: number | null = null;
  await eventually(provider, `${host}/work is up`, async () => {
    const { services } = await provider.cloud.hostState(host);
    const work = services.find(({ name }) => name === 'work');
    pid = work?.state === 'up' ? work.pid : null;
    return pid !== null;
  });
  return pid ?? 0;
}

/** The faults of these hosts are those. @param ids of faults */
export async function faultsAre(
  { cloud }: ProviderUnderTest,
  hosts: readonly string[],
  ids: readonly string[],
): Promise<void> {
  const listed = (await cloud.listFaults()).filter((fault) => isOf(hosts, fault));
  deepEqual(listed.map(({ id }) => id).sort(), [...ids].sort());
}

/** Whether a fault is of one of these hosts, of a service of theirs, or of a place where it has hit them. */
export function isOf(hosts: readonly string[], fault: Pick<Fault, 'target' | 'hosts'>): boolean {
  return hosts.includes(fault.target.split('/')[0] ?? '') || (fault.hosts ?? []).some((host) => hosts.includes(host));
}
