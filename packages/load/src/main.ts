import { createWriteStream, type WriteStream, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isWrite, planOperation } from './client/operations.ts';
import { prepare, type Stage } from './client/prepare.ts';
import { seeded } from './client/random.ts';
import { clockMs, isAcknowledged, type OperationRecord } from './history.ts';
import { LATE_MS, openLoop } from './open-loop.ts';
import { type FromLoad, type LiveFigures, type LoadSetting, NO_FIGURES, type ToLoad } from './protocol.ts';
import { Recent } from './recent.ts';
import { UnderWay } from './under-way.ts';
import { isWarm, MOST_WARM_UP_MS, WARM_UP_LOOK_MS, warmUpRate } from './warm-up.ts';

/**
 * The load's own process, outside the platform's hosts: what a drill watches and what it measures do not wait for each other.
 * Started by `Load` and never by hand; it ends with its parent.
 */
const FIGURES_INTERVAL_MS = 250;
const RESOLUTION_MS = 10;
/** It takes a tenth of a processor. On a machine whose processors are all busy it must not wait behind what it measures. */
const NICE = -20;

const tell = (message: FromLoad) => process.send?.(message);

class Generator {
  readonly #setting: LoadSetting;
  readonly #stage: Stage;
  readonly #random: () => number;
  readonly #history: WriteStream;
  readonly #underWay = new UnderWay();
  readonly #recent = new Recent();
  readonly #figures: LiveFigures = { ...NO_FIGURES };
  #sent = 0;
  #stopping = new AbortController();

  constructor(setting: LoadSetting, stage: Stage) {
    this.#setting = setting;
    this.#stage = stage;
    this.#random = seeded(setting.seed);
    this.#history = createWriteStream(setting.historyFile, { flags: 'wx', mode: 0o600 });
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Warms up, sends until it is told to stop, then waits for every answer and until the history is written. */
  async run(rate: number): Promise<void> {
    this.#stopping = new AbortController();
    Object.assign(this.#figures, NO_FIGURES);
    const timer = setInterval(() => this.#tellFigures(), FIGURES_INTERVAL_MS);
    await this.#warmUp(rate);
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    const cpu = process.cpuUsage();
    tell({ type: 'begun', atMs: clockMs() });
    await openLoop(rate, this.#send, this.#stopping.signal, clockMs);
    // Each ends by its own deadline.
    await this.#underWay.drained();
    const used = process.cpuUsage(cpu);
    delay.disable();
    clearInterval(timer);
    await this.#written();
    this.#tellFigures();
    // The histogram counts from one look to the next, the time between looks included.
    const late = (nanoseconds: number) => Math.max(0, Math.round(nanoseconds / 1e6 - RESOLUTION_MS));
    tell({
      type: 'done',
      generator: {
        eventLoopDelayMs: { p99: late(delay.percentile(99)), max: late(delay.max) },
        cpuMs: Math.round((used.user + used.system) / 1000),
        mostInFlight: this.#underWay.most,
        maxSockets: this.#stage.http.maxSockets,
      },
    });
  }

  /** New processes, connections and caches answer slowly at first; what they then do is no figure of anything. */
  async #warmUp(rate: number): Promise<void> {
    const start = clockMs();
    let isDone = false;
    while (!isDone && !this.#stopping.signal.aborted) {
      const look = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(WARM_UP_LOOK_MS)]);
      await openLoop(warmUpRate(rate, clockMs() - start), this.#send, look, clockMs);
      const elapsedMs = clockMs() - start;
      isDone = elapsedMs >= MOST_WARM_UP_MS || isWarm(rate, elapsedMs, this.#underWay.count);
    }
  }

  /** @param _n the number within the phase; operations are numbered through */
  readonly #send = (_n: number, dueMs: number): void => {
    const { users, customers, http } = this.#stage;
    const plan = planOperation(this.#random, users.length, customers.length);
    const user = users[plan.user];
    if (!user) return;
    const index = this.#sent++;
    this.#figures.sent++;
    // Without a free connection it is not sent now, either.
    if (clockMs() - dueMs > LATE_MS || this.#underWay.count >= http.maxSockets) this.#figures.late++;
    this.#underWay.add(
      user.perform(index, plan, `${this.#setting.runId}-${index}`, dueMs).then((done) => this.#note(done)),
    );
    this.#figures.inFlight = this.#underWay.count;
  };

  #note(done: OperationRecord): void {
    this.#history.write(`${JSON.stringify(done)}\n`);
    this.#recent.add(done.endMs, done.endMs - done.dueMs);
    if (done.attempts > 1) this.#figures.retried++;
    if (done.outcome === 'failed') this.#figures.failed++;
    else if (done.outcome === 'refused') this.#figures.refused++;
    else this.#figures.ok++;
    if (!isWrite(done.kind) || !isAcknowledged(done)) return;
    this.#figures.writes++;
    this.#figures.lastWriteMs = done.endMs;
  }

  #tellFigures(): void {
    this.#figures.inFlight = this.#underWay.count;
    this.#figures.recentP99Ms = this.#recent.p99(clockMs());
    tell({ type: 'figures', figures: this.#figures });
  }

  /** Resolves when all lines so far are in the file. */
  async #written(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#history.write('', (error) => (error ? reject(error) : resolve()));
    });
  }
}

let generator: Generator | undefined;

async function handle(message: ToLoad): Promise<void> {
  if (message.type === 'prepare') {
    generator = new Generator(message.setting, await prepare(message.setting));
    tell({ type: 'ready' });
  } else if (message.type === 'begin') await generator?.run(message.rate);
  else generator?.stop();
}

try {
  setPriority(NICE);
  // Where the kernel weighs sessions against each other, a process's own priority counts within its session only; this one has
  // its own (see sched(7), autogroup).
  writeFileSync('/proc/self/autogroup', `${NICE}`);
} catch {
  // Without the right to it the load is as quick as it is; late sends are counted.
}
process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToLoad) => {
  handle(message).catch((error: Error) => tell({ type: 'problem', message: error.message }));
});
