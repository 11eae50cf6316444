import type { PlatformStatus } from '@sbmcrm/platform';
import type { RunReport } from '@sbmcrm/report';
import type { RunningCommand } from './cli.ts';
import type { TestPlatform } from './platform.ts';

/** Requests per second that two cores carry while they also run the tests and what else the machine has to do. */
export const RATE = ['--rate', '25'];
/** Shorter than a drill's own: the suite has many, and `drill run all` the long ones. */
const DWELL = ['--dwell', '3s'];

export type DrillReport = RunReport & { code: number | null };
type Fault = PlatformStatus['faults'][number];

/** A drill that runs. */
export class RunningDrill {
  readonly command: RunningCommand;
  readonly #platform: TestPlatform;

  constructor(platform: TestPlatform, ...args: string[]) {
    this.#platform = platform;
    this.command = platform.start('drill', 'run', '--json', ...RATE, ...DWELL, ...args);
  }

  /** Waits for its fault. @throws Error with what the drill said if it ends before */
  fault(): Promise<Fault> {
    return this.#platform.until('the fault is injected', ({ faults }) => {
      if (faults.length === 0 && this.command.hasEnded) throw this.#ended();
      return faults[0];
    });
  }

  /** Its report when it is over. @throws Error with what it said if there is none */
  async report(): Promise<DrillReport> {
    const code = await this.command.ended;
    const { stdout } = this.command;
    if (!stdout.startsWith('{')) throw this.#ended();
    const said = JSON.parse(stdout.split('\n')[0] ?? '') as RunReport | { error: object };
    if ('error' in said) throw this.#ended();
    return { ...said, code };
  }

  #ended(): Error {
    return new Error(`the drill ended: ${this.command.stderr || this.command.stdout || 'it said nothing'}`);
  }
}

/** A busy machine may starve the load itself for a moment: such a run shows nothing, and whoever drills runs it again. */
const MOST_TRIES = 3;

/** Runs one drill and returns its report; again while its load was late. A cut session cannot be resumed twice. */
export async function drill(platform: TestPlatform, ...args: string[]): Promise<DrillReport> {
  for (let tries = 1; ; tries += 1) {
    const report = await new RunningDrill(platform, ...args).report();
    const wasLate = report.verdict === 'void' && /late/.test(report.reason ?? '');
    if (!wasLate || tries === MOST_TRIES || args.includes('--resume')) return report;
    await platform.healthy();
  }
}
