import { CACHE_CHECK, DATABASE_SERVER } from '@sbmcrm/engines';
import { probeHttp } from '@sbmcrm/http';
import { apiUrl, type PlatformStatus } from '@sbmcrm/platform';
import type { ZoneId } from '@sbmcrm/topology';
import { type DrillTest, failoverGoal, inSeconds, type Seen } from './drill.ts';

/** Steps that several drills share, in the guide's words. */

/** Writes acknowledged in a row that count as "works again": more than what was under way can be. */
const ENOUGH_WRITES = 20;
const ANSWER_TIMEOUT_MS = 5000;
/** Longer than a load balancer that hears nobody takes to take the addresses. */
const HOLDER_MS = 5000;
/** So many answers in a row by others show where new visitors are led. */
const VISITORS = 10;

/** The host that is primary at the start. */
export function primaryOf({ before }: Pick<DrillTest, 'before'>): string {
  return before.database.primary ?? '';
}

/** The database host that would take over. */
export function standbyOf({ before }: Pick<DrillTest, 'before'>): string {
  return before.database.members.find((member) => member.role === 'standby')?.name ?? '';
}

/** Hosts of a zone. */
export function hostsIn({ before }: Pick<DrillTest, 'before'>, zone: ZoneId): string[] {
  return before.hosts.filter((host) => host.zone === zone).map(({ name }) => name);
}

/** The Redis host that would take over. */
export function cacheStandbyOf({ before }: Pick<DrillTest, 'before'>): string {
  return before.cache.members.find((member) => member.role === 'standby')?.name ?? '';
}

/** Waits for another database host to take writes; up to twice the goal, so that a miss is measured, too. */
export function verifyFailover(test: DrillTest): Promise<void> {
  const standby = standbyOf(test);
  const goal = failoverGoal(test.platform.spec);
  return test.until(
    'Verify automatic failover to standby',
    `${standby} is primary within ${inSeconds(goal)}`,
    2 * goal,
    async () => {
      const seen = test.newPrimary();
      if (!seen) return { ok: false, observed: `no other primary for ${test.sinceFault()}` };
      return { ok: seen.host === standby, observed: `${seen.host} took writes after ${inSeconds(seen.afterMs)}` };
    },
  );
}

/** The server of a database host ends, though nobody told it to: its agent cannot. */
export function verifyServerEnds(test: DrillTest, host: string): Promise<void> {
  const { leaseTtl } = test.platform.spec.database;
  const pidOf = (hosts: PlatformStatus['hosts']) =>
    hosts.find(({ name }) => name === host)?.services.find(({ name }) => name === DATABASE_SERVER)?.pid;
  const before = pidOf(test.before.hosts);
  return test.until(
    'The server without an agent ends',
    `${host}/${DATABASE_SERVER} ends within the lease of ${inSeconds(leaseTtl)}`,
    leaseTtl,
    async () => {
      const isSame = pidOf((await test.status()).hosts) === before;
      return { ok: !isSame, observed: `${isSame ? 'it runs' : 'it ended'}, ${test.sinceFault()} after the fault` };
    },
  );
}

/** Writes are acknowledged again, through the same connections and sessions. */
export function verifyReconnection(test: DrillTest): Promise<void> {
  const start = test.figures.writes;
  return test.until(
    'Verify application reconnection',
    'writes are acknowledged again, nobody logs in anew',
    2 * failoverGoal(test.platform.spec),
    async () => {
      const { writes } = test.figures;
      return {
        ok: writes - start >= ENOUGH_WRITES,
        observed: `${writes - start} writes, ${test.sinceFault()} after the fault`,
      };
    },
  );
}

/** One load balancer has the floating addresses, and no other one, for a while. @param holder which, once it has them */
export async function verifyOneHolder(test: DrillTest, holder: string): Promise<void> {
  const activeNow = async () => {
    const { loadBalancer, problems } = await test.status();
    return problems.find(({ code }) => code === 'ADDRESS_HELD_TWICE')?.text ?? loadBalancer.active ?? 'nobody';
  };
  if (holder !== test.before.loadBalancer.active) {
    const goal = failoverGoal(test.platform.spec);
    await test.until('The addresses go to where the primary is', `${holder} has them`, goal, async () => {
      const active = await activeNow();
      return { ok: active === holder, observed: `${active}, ${test.sinceFault()} after the fault` };
    });
  }
  await test.step('One load balancer has the addresses', `${holder}, and no other one`, async () => {
    const until = performance.now() + HOLDER_MS;
    let looks = 0;
    for (; performance.now() < until; looks += 1) {
      const active = await activeNow();
      if (active !== holder) throw new Error(`${active}, ${test.sinceFault()} after the fault`);
    }
    return `${holder} at each of ${looks} looks`;
  });
}

/** New visitors are led to other servers than those that are gone. @param gone none: whoever answers is right */
export function verifyTraffic(test: DrillTest, gone: readonly string[]): Promise<void> {
  return test.until(
    'Verify traffic routes to remaining server',
    `${VISITORS} new visitors in a row are answered${gone.length > 0 ? `, none by ${gone.join(', ')}` : ''}`,
    failoverGoal(test.platform.spec),
    async () => {
      const by = new Set<string>();
      for (let n = 0; n < VISITORS; n++) {
        const answer = await get(test, '/livez');
        const { instance } = (answer.body ?? {}) as { instance?: string };
        if (answer.status !== 200 || !instance) return { ok: false, observed: `no answer (${answer.status})` };
        by.add(instance);
      }
      const names = [...by].sort();
      return { ok: !names.some((name) => gone.includes(name)), observed: `answered by ${names.join(', ')}` };
    },
  );
}

/** The guide's health endpoint, through the load balancer. */
export function verifyHealth(test: DrillTest): Promise<void> {
  return test.until('Check application health', '/health answers 200, healthy', failoverGoal(test.platform.spec), () =>
    healthSeen(test),
  );
}

/** The guide's health endpoint where the cache's master is out of sight: it says so, and nothing else. */
export function verifyOnlyCacheLacks(test: DrillTest): Promise<void> {
  return test.until(
    'Check application health',
    '/health names the cache, whose master is out of sight, and nothing else',
    failoverGoal(test.platform.spec),
    () => healthSeen(test, [CACHE_CHECK]),
  );
}

/** @param lacking the checks that must fail, no others */
async function healthSeen(test: DrillTest, lacking: readonly string[] = []): Promise<Seen> {
  const { status, body } = await get(test, '/health');
  const health = (body ?? {}) as { status?: string; checks?: Record<string, { status: string }> };
  const failing = Object.entries(health.checks ?? {}).filter(([, check]) => check.status !== 'ok');
  const failed = failing.map(([name]) => `${name} failed`);
  const isAsWanted = lacking.length > 0 ? status === 503 : status === 200 && health.status === 'healthy';
  return {
    ok: isAsWanted && failing.map(([name]) => name).join() === lacking.join(),
    observed: [`${status || 'no answer'} ${health.status ?? ''}`.trim(), ...failed].join(', '),
  };
}

/**
 * The old primary follows the new one, on its timeline: one that was frozen streams for a moment before Patroni sees that it has
 * to be rewound.
 */
export function verifyRejoin(test: DrillTest, host: string): Promise<void> {
  const limitMs = 2 * failoverGoal(test.platform.spec);
  return test.until('The old primary rejoins', `${host} is standby and streams`, limitMs, async () => {
    const { members, primary } = (await test.status()).database;
    const find = (name: string | null) => members.find((each) => each.name === name);
    const member = find(host);
    const streams = member?.role === 'standby' && member.state === 'running';
    return {
      ok: streams && member.timeline === find(primary)?.timeline,
      observed: `${host} is ${member?.role}, ${member?.state}, timeline ${member?.timeline}`,
    };
  });
}

/** One request through the public entry, on a connection of its own as of a new visitor. Status 0: no answer. */
export async function get(test: DrillTest, path: string): Promise<{ status: number; body?: unknown }> {
  const url = `${apiUrl(test.platform)}${path}`;
  const answer = await probeHttp(url, { timeoutMs: ANSWER_TIMEOUT_MS });
  return answer ? { status: answer.status, body: answer.json } : { status: 0 };
}
