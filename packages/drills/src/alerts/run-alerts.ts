import { type FiringAlert, firingAlerts, prometheusUrl } from '@sbmcrm/engines';
import { alertsOf } from '@sbmcrm/engines/prometheus';
import { clockMs } from '@sbmcrm/load';
import type { Platform } from '@sbmcrm/platform';
import { endSilences, matchersOf, prolongSilences, silence } from '@sbmcrm/platform/silences';
import { hostsInRole } from '@sbmcrm/topology';
import type { DrillTest, Seen } from '../run/drill.ts';
import { inSeconds } from '../run/drill.ts';
import { type AlertOf, alertText, type Expected, type ExpectedHere, isOf } from './expected.ts';
import { type SeenAlert, SeenAlerts } from './seen.ts';

const LOOK_MS = 1000;
/** A drill that was killed leaves silences that end by themselves after this long. */
const SILENCE_MS = 120_000;
const RENEW_MS = 30_000;
/** What is over is told by all soon. */
const TOLD_MS = 30_000;
/** Alertmanagers have told each other by then. */
const KNOWN_MS = 2000;
/** Longer than a look, a rule and what has to settle take, on a busy machine too. */
const FIRE_WITHIN_MS = 60_000;
/** Rules that look back two minutes end as long after what they saw. */
const END_WITHIN_MS = 150_000;

/** What a run needs of a platform that is watched. */
interface Watched {
  platform: Platform;
  drill: string;
  expected: ExpectedHere;
}

/**
 * The alerts of a run: what it is to cause is silenced, so that nobody is woken up for it, and looked for. Whatever else fires is told as
 * ever, and fails the drill.
 */
export class RunAlerts {
  readonly #of: Watched;
  readonly #seen = new SeenAlerts();
  readonly #ids: readonly string[];
  readonly #loop: Promise<void>;
  #running = true;

  private constructor(of: Watched, silences: readonly string[]) {
    this.#of = of;
    this.#ids = silences;
    this.#loop = this.#watch();
  }

  /** @returns undefined where nothing watches the platform. @throws ToolError where no Alertmanager answers */
  static async begin(of: Watched): Promise<RunAlerts | undefined> {
    if (!of.platform.spec.monitoring.enabled) return undefined;
    const ids: string[] = [];
    try {
      for (const matchers of silencesOf(of.expected)) {
        ids.push((await silence(of.platform, { matchers, ...ofDrill(of, SILENCE_MS) })).id);
      }
    } catch (error) {
      await endSilences(of.platform, ids).catch(() => {});
      throw error;
    }
    return new RunAlerts(of, ids);
  }

  /** Waits for the alerts that the drill is to cause. @returns how long, in milliseconds */
  async fire(test: DrillTest, faultMs: number): Promise<number> {
    const { must } = this.#of.expected;
    const start = performance.now();
    if (must.length > 0) {
      await test.until('The alerts fire', list(must), FIRE_WITHIN_MS, async (): Promise<Seen> => {
        const missing = this.#seen.missing({ must }, faultMs);
        if (missing.length > 0) return { ok: false, observed: `not yet: ${list(missing)}` };
        return { ok: true, observed: firedText(this.#seen.since(faultMs), faultMs) };
      });
    }
    return performance.now() - start;
  }

  /** Waits until none of what began after the fault holds any more. */
  resolve(test: DrillTest, faultMs: number): Promise<void> {
    const start = performance.now();
    return test.until('The alerts end', 'none holds', END_WITHIN_MS, async (): Promise<Seen> => {
      const { lasting } = this.#of.expected;
      const isOver = (each: SeenAlert) => each.isKept || lasting.some((meant) => isOf(each, meant));
      const holding = this.#seen.now(faultMs).filter((each) => !isOver(each));
      if (holding.length > 0) return { ok: false, observed: `still: ${list(holding)}` };
      return { ok: true, observed: `none ${inSeconds(performance.now() - start)} later` };
    });
  }

  /** What fired after the fault, in the order of its beginning, and what of it nobody expected. */
  found(faultMs: number): { fired: SeenAlert[]; unexpected: SeenAlert[] } {
    const fired = this.#seen.since(faultMs).sort((x, y) => x.firedMs - y.firedMs);
    return { fired, unexpected: this.#seen.unexpected(this.#of.expected, faultMs) };
  }

  /** Ends the looks and the silences, but for what the drill caused and is still told: as long as that takes. Never throws. May be called twice. */
  async close(faultMs: number): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    await this.#loop;
    const { platform, expected } = this.#of;
    const own = [...expected.must, ...expected.may];
    const left = faultMs === 0 ? [] : this.#seen.now(faultMs).filter((each) => own.some((meant) => isOf(each, meant)));
    const rules = left.length > 0 ? alertsOf(platform) : [];
    for (const alert of left) {
      const { keepMs = 0 } = rules.find(({ name }) => name === alert.name) ?? {};
      const forMs = keepMs + (alert.isKept ? TOLD_MS : END_WITHIN_MS);
      await silence(platform, { matchers: exactly(alert), ...ofDrill(this.#of, forMs) }).catch(() => {});
    }
    if (left.length > 0) await new Promise((resolve) => setTimeout(resolve, KNOWN_MS));
    await endSilences(platform, this.#ids).catch(() => {}); // they end by themselves
  }

  async #watch(): Promise<void> {
    const { platform } = this.#of;
    const bases = hostsInRole(platform.topology, 'monitor').map(prometheusUrl);
    let renewedMs = performance.now();
    let renewing = Promise.resolve();
    while (this.#running) {
      const told = await Promise.all(bases.map((base) => firingAlerts(base)));
      const atMs = clockMs();
      if (told.some((each) => each !== undefined))
        this.#seen.add(
          atMs,
          told.flatMap((each): FiringAlert[] => each ?? []),
          atMs - Date.now(),
        );
      if (performance.now() - renewedMs > RENEW_MS) {
        // One that is away takes seconds to say nothing.
        renewing = prolongSilences(platform, this.#ids, SILENCE_MS);
        renewedMs = performance.now();
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    await renewing;
  }
}

const ofDrill = ({ drill }: Pick<Watched, 'drill'>, forMs: number) => ({ forMs, comment: `drill ${drill}` });
const list = (alerts: readonly AlertOf[]) => alerts.map(alertText).join(', ');

/** One silence for each set of hosts that alerts are about. Pure. */
function silencesOf({ must, may }: Expected) {
  const all = [...must, ...may];
  const hostsOf = (alert: string) =>
    all.flatMap(({ name, host }) => (name === alert && host !== undefined ? [host] : []));
  const anywhere = [...new Set(all.filter(({ host }) => host === undefined).map(({ name }) => name))];
  const bound = [...new Set(all.map(({ name }) => name))].filter((name) => !anywhere.includes(name));
  return [matchersOf(anywhere), ...bound.map((name) => matchersOf([name], [...new Set(hostsOf(name))]))];
}

/** This alert and no other one. Pure. */
function exactly({ name, labels }: SeenAlert) {
  const own = Object.entries(labels).map(([label, value]) => ({ name: label, value, isRegex: false, isEqual: true }));
  return [...matchersOf([name]), ...own];
}

/** `DatabaseFailover after 7.1 s, HostDown (postgres-a) after 19.0 s`. Pure. */
function firedText(fired: readonly SeenAlert[], faultMs: number): string {
  const inOrder = [...fired].sort((x, y) => x.firedMs - y.firedMs);
  return inOrder.map((each) => `${alertText(each)} after ${inSeconds(each.firedMs - faultMs)}`).join(', ');
}
