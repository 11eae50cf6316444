import { ETCD_METRICS_PORT, etcdHosts } from '@sbmcrm/engines';
import type { Platform } from '@sbmcrm/platform';
import { lossOf, perhaps } from '../alerts/expected.ts';
import { type Drill, type DrillTest, requestGoal, type Settings } from '../run/drill.ts';
import { get, verifyHealth } from '../run/steps.ts';

const NAME = 'partner';
/** A server of which three checks in a row are bad is out; the guide's would take longer than the drill looks. */
const CHECK = { interval: '2s', timeout: '1s' };
/** Longer than three bad checks take. */
const LOOK_MS = 12_000;
const PAUSE_MS = 250;
const NOTICED_MS = 10_000;
/** Each server finds out by itself, and repeats for a second what it knew. */
const VISITORS = 10;

/** Plays the part of somebody else: it speaks HTTP, no request goes there, and without it the platform has a quorum. */
function partnerOf({ topology }: Pick<Platform, 'topology'>): { name: string; address: string } {
  const host = etcdHosts(topology).at(-1);
  if (!host) throw new Error('the platform has no quorum hosts');
  return host;
}

function settings(platform: Platform): Settings {
  const url = `http://${partnerOf(platform).address}:${ETCD_METRICS_PORT}/health`;
  return {
    'application.externalApis': JSON.stringify([{ name: NAME, url, timeout: '300ms' }]),
    'loadBalancer.healthCheck.interval': CHECK.interval,
    'loadBalancer.healthCheck.timeout': CHECK.timeout,
  };
}

/** What `/health` says, and of which servers it is known to the load balancer that they are well. */
async function look(test: DrillTest): Promise<{ health: string; isAway: boolean; out: string[] }> {
  const { status, body } = await get(test, '/health');
  const { status: word, checks } = (body ?? {}) as { status?: string; checks?: Record<string, { detail?: string }> };
  const detail = checks?.externalApis?.detail ?? '';
  const out = (await test.platform.cloud.listBackends()).filter(({ state }) => state !== 'healthy');
  return {
    health: `${status || 'no answer'} ${word ?? ''} ${detail}`.trim(),
    isAway: status === 200 && word === 'degraded' && detail.startsWith(NAME),
    out: out.map(({ name }) => name),
  };
}

/**
 * An API of somebody else hangs, which is worse than a refusal: whoever asks it waits. It is in the guide's `/health`, on every API
 * server at once; were that a reason to be unhealthy, the load balancer would have nobody left.
 */
const drill: Drill = {
  name: 'external-api-outage',
  title: 'An API of somebody else hangs: the platform says so, and loses no server for it',
  goalMs: requestGoal,
  set: settings,
  alerts: ({ before, platform }) => perhaps(lossOf({ before, platform }, partnerOf(platform).name)),
  async run(test) {
    const partner = partnerOf(test.platform).name;
    await test.step('Stop the API of somebody else', `${partner}, which plays it, hangs`, async () => {
      await test.inject({ kind: 'pause', target: partner });
      return `${partner} hangs`;
    });
    const told = `/health answers 200, degraded, and names ${NAME}, ${VISITORS} times in a row`;
    await test.until('Verify it is told', told, NOTICED_MS, async () => {
      for (let visitor = 1; ; visitor++) {
        const { health, isAway } = await look(test);
        if (!isAway || visitor === VISITORS) return { ok: isAway, observed: health };
      }
    });
    await test.step(
      'Verify no server is taken out',
      `for ${LOOK_MS / 1000} s each look finds all API servers in, and degraded`,
      async () => {
        const end = performance.now() + LOOK_MS;
        let looks = 0;
        while (performance.now() < end) {
          const { health, isAway, out } = await look(test);
          looks++;
          if (!isAway) throw new Error(`look ${looks}: ${health}`);
          if (out.length > 0) throw new Error(`look ${looks}: ${out.join(', ')} was taken out`);
          await test.pause(PAUSE_MS);
        }
        return `${looks} looks, all servers in`;
      },
    );
    await test.until('Check that the status tells it', 'a problem of its own', NOTICED_MS, async () => {
      const { problems } = await test.status();
      const told = problems.filter(({ code }) => code === 'EXTERNAL_API_AWAY');
      return { ok: told.length > 0, observed: told[0]?.text ?? 'the status does not say it' };
    });
    await test.step('Start the API of somebody else', `${partner} goes on`, async () => {
      await test.clear();
      return `goes on ${test.sinceFault()} after the fault`;
    });
    await verifyHealth(test);
  },
  notTested: ['an API that the application calls while it books points: this one only looks whether its APIs answer'],
};
export default drill;
