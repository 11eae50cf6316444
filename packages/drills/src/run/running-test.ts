import { clearListed, type FaultKinds, type FaultRequest, kindOf, touchedHosts } from '@sbmcrm/cloud';
import { clockMs, type LiveFigures, type Load } from '@sbmcrm/load';
import type { FaultKind } from '@sbmcrm/local/faults';
import { Interrupted, type Platform, type PlatformStatus, type Progress } from '@sbmcrm/platform';
import type { Mark, Step } from '@sbmcrm/report';
import type { Looks } from '../observe/looks.ts';
import type { WriteObserver } from '../observe/observer.ts';
import type { Allowed } from '../observe/watch.ts';
import { type DrillTest, inSeconds, type Seen } from './drill.ts';

/** A drill that was killed leaves faults that end by themselves after this long. */
const FAULT_LIMIT_MS = 300_000;
const PROBE_INTERVAL_MS = 100;

/** A step did not see what it expected: the drill ends here, heals and reports. */
export class StepFailed extends Error {}
/** The platform left the state that the drill allows. */
export class LeftState extends Error {}

interface Parts {
  platform: Platform;
  before: PlatformStatus;
  seed: number;
  load: Load;
  looks: Looks;
  databases: WriteObserver;
  progress: Progress;
  signal: AbortSignal | undefined;
}

/** A running drill: keeps steps, marks and faults, and ends what waits when it must stop. */
export class RunningTest implements DrillTest {
  readonly steps: Step[] = [];
  readonly marks: Mark[] = [];
  /** In `clockMs()` time; 0 before the first fault. */
  faultMs = 0;
  /** When the cloud confirmed the first fault; 0 before. */
  effectMs = 0;
  /** Aborted with a reason when the platform leaves the state that the drill allows. */
  left: AbortSignal | undefined;
  /** Set while the platform heals: what is missing then is no reason to stop. */
  healing = false;
  readonly #parts: Parts;
  readonly #faults = new Set<string>();
  readonly #hosts = new Set<string>();
  #active: string[] = [];
  #injecting = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get platform(): Platform {
    return this.#parts.platform;
  }
  get before(): PlatformStatus {
    return this.#parts.before;
  }
  get seed(): number {
    return this.#parts.seed;
  }
  get figures(): LiveFigures {
    return this.#parts.load.figures;
  }

  /** Hosts that its faults hit so far. */
  get touched(): ReadonlySet<string> {
    return this.#hosts;
  }

  /** What this drill did so far; undefined while it is doing it. */
  allowed(): Allowed | undefined {
    return this.#injecting ? undefined : { hosts: this.#hosts, faults: this.#faults };
  }

  step(name: string, expected: string, work: () => Promise<string>): Promise<void> {
    return this.#record(name, expected, async () => ({ ok: true, observed: await work() }));
  }

  until(name: string, expected: string, timeoutMs: number, probe: () => Promise<Seen>): Promise<void> {
    return this.#record(name, expected, async (note) => {
      const end = performance.now() + timeoutMs;
      for (;;) {
        const seen = await probe();
        note(`${seen.observed} · ${loadText(this.figures)}`);
        if (seen.ok) return seen;
        if (performance.now() > end) return { ...seen, observed: `${seen.observed} (after ${inSeconds(timeoutMs)})` };
        await this.pause(PROBE_INTERVAL_MS);
      }
    });
  }

  async inject(...requests: FaultRequest<FaultKind>[]): Promise<void> {
    const { cloud } = this.#parts.platform;
    const atMs = clockMs();
    if (this.faultMs === 0) this.faultMs = atMs;
    for (const { kind, target } of requests) this.#mark(atMs, 'fault', `${kind} ${target}`);
    for (const each of requests)
      for (const host of touchedHosts(cloud.kinds, each, this.before.hosts)) this.#hosts.add(host);
    this.#injecting = true;
    try {
      for (const { id, until } of await cloud.injectFaults(requests.map((each) => limited(cloud.kinds, each)))) {
        this.#faults.add(id);
        if (until !== undefined) this.#active.push(id);
      }
    } finally {
      this.#injecting = false;
      if (this.effectMs === 0) this.effectMs = clockMs();
    }
  }

  /** Takes this drill's faults back; one that has ended by itself is no error. */
  async clear(): Promise<void> {
    const there = new Set((await this.#parts.platform.cloud.listFaults()).map((fault) => fault.id));
    const ids = this.#active.filter((id) => there.has(id));
    if (ids.length > 0) this.#mark(clockMs(), 'heal', 'faults cleared');
    await clearListed(this.#parts.platform.cloud, ids);
    this.#active = [];
  }

  mark(label: string): void {
    if (this.faultMs === 0) this.faultMs = clockMs();
    if (this.effectMs === 0) this.effectMs = this.faultMs;
    this.#mark(clockMs(), 'fault', label);
  }

  newPrimary(): { host: string; afterMs: number } | undefined {
    const write = this.#parts.databases.firstElsewhere(this.before.database.primary, this.faultMs);
    return write && { host: write.host, afterMs: write.endMs - this.faultMs };
  }

  status(): Promise<PlatformStatus> {
    return this.#parts.looks.look();
  }

  /** @throws Interrupted, or LeftState */
  async pause(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    do {
      if (this.#parts.signal?.aborted && !this.healing) throw new Interrupted();
      if (this.left?.aborted && !this.healing) throw new LeftState(String(this.left.reason));
      const rest = Math.min(PROBE_INTERVAL_MS, end - performance.now());
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, rest)));
    } while (performance.now() < end);
  }

  sinceFault(): string {
    return inSeconds(clockMs() - this.faultMs);
  }

  #mark(atMs: number, kind: Mark['kind'], label: string): void {
    this.marks.push({ atMs: Math.round(atMs - this.#parts.load.beganMs), kind, label });
  }

  async #record(name: string, expected: string, work: (note: (text: string) => void) => Promise<Seen>): Promise<void> {
    const seen = await this.#parts.progress.step(`${name}: ${expected}`, work).catch((error: Error): Seen => {
      if (error instanceof Interrupted || error instanceof LeftState) throw error;
      return { ok: false, observed: error.message };
    });
    const atMs = Math.round(clockMs() - this.#parts.load.beganMs);
    this.steps.push({ name, expected, ...seen, atMs });
    if (!seen.ok) throw new StepFailed(`${name}: ${seen.observed}`);
  }
}

/** What is over as soon as it is done stays so; everything else ends by itself some time. */
function limited(kinds: FaultKinds, fault: FaultRequest): FaultRequest {
  return kindOf(kinds, fault.kind).moment === undefined ? { forMs: FAULT_LIMIT_MS, ...fault } : fault;
}

/** How the load stands, in a few words. */
export function loadText({ ok, failed, inFlight, lastWriteMs }: LiveFigures): string {
  const since = lastWriteMs > 0 ? `, last write ${inSeconds(Math.max(0, clockMs() - lastWriteMs))} ago` : '';
  return `${ok} answered, ${failed} failed, ${inFlight} under way${since}`;
}
