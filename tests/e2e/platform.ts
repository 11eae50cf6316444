import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformStatus } from '@sbmcrm/platform';
import { planNetwork } from '@sbmcrm/topology';
import { type CliResult, PATIENCE_MS, type RunningCommand, sbmcrm, startSbmcrm } from './cli.ts';

/** A platform of the tests: its own folder and subnet, so that it runs beside any other. */
export class TestPlatform {
  readonly state: string;
  readonly network: string;
  readonly spec: string | undefined;

  constructor(setting: { state: string; network: string; spec?: string }) {
    this.state = setting.state;
    this.network = setting.network;
    this.spec = setting.spec;
  }

  run(...args: string[]): Promise<CliResult> {
    return sbmcrm(this.#line(args));
  }

  /** Starts a command and does not wait for its end. */
  start(...args: string[]): RunningCommand {
    return startSbmcrm(this.#line(args));
  }

  #line([command = '', ...rest]: string[]): string[] {
    return [command, '--state', this.state, ...(this.spec ? ['--spec', this.spec] : []), ...rest];
  }

  up(...args: string[]): Promise<CliResult> {
    return this.run('up', '--network', this.network, ...args);
  }

  /** Runs a command that must succeed and returns its JSON. */
  async json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run(args[0] ?? '', '--json', ...args.slice(1));
    if (code !== 0) throw new Error(`sbmcrm ${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  async status(): Promise<PlatformStatus> {
    return JSON.parse((await this.run('status', '--json')).stdout) as PlatformStatus;
  }

  /**
   * Looks until `enough` returns something. One process looks all the time: starting one for each look would keep a core busy.
   *
   * @param enough what it throws ends the wait
   */
  async until<T>(what: string, enough: (status: PlatformStatus) => T | undefined | false): Promise<T> {
    const end = performance.now() + PATIENCE_MS;
    let watch = this.start('status', '--watch', '--json');
    let looks = 0;
    let reasons: string[] = [];
    try {
      while (performance.now() < end) {
        // What stands before the last line break is whole.
        const lines = watch.stdout.split('\n').slice(0, -1);
        for (const line of lines.slice(looks)) {
          const status = JSON.parse(line) as PlatformStatus | { error: object };
          if ('error' in status) continue;
          reasons = status.reasons;
          const found = enough(status);
          if (found !== undefined && found !== false) return found;
        }
        looks = lines.length;
        if (watch.hasEnded) {
          reasons = [watch.stderr.trim()];
          watch = this.start('status', '--watch', '--json');
          looks = 0;
        }
        await new Promise((next) => setTimeout(next, 50));
      }
    } finally {
      watch.kill('SIGKILL');
      await watch.ended;
    }
    throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s: ${reasons.join('; ')}`);
  }

  healthy(): Promise<PlatformStatus> {
    return this.until('the platform is healthy again', (status) => status.state === 'healthy' && status);
  }

  /** Takes every fault back and waits until all is well; where it is not at once, `up` returns API servers to rotation. */
  async heal(): Promise<PlatformStatus> {
    await this.json('fault', 'clear', 'all');
    const status = await this.status();
    if (status.state === 'healthy') return status;
    const { code, stderr } = await this.up();
    if (code !== 0) throw new Error(`the platform did not come up again: ${stderr}`);
    return this.healthy();
  }

  get url(): string {
    const { port } = JSON.parse(readFileSync(join(this.state, 'platform.json'), 'utf8')) as { port: number };
    return `http://127.0.0.1:${port}`;
  }
}

const BASE = '/tmp/sbmcrm-e2e';
/** The spec of most tests. */
export const UNWATCHED = join(import.meta.dirname, 'unwatched.yaml');
/** The same for a spec of a test's own. */
export const unwatched = (spec: string) => `${spec.trimEnd()}\n${readFileSync(UNWATCHED, 'utf8')}`;

/** The platform that the suite shares, made by setup.ts. */
export const shared = new TestPlatform({
  state: process.env.SBMCRM_TEST_STATE ?? `${BASE}/shared`,
  network: '10.79.0.0/16',
  spec: UNWATCHED,
});

/** A second platform beside it, for tests that bring one up and down. */
export const other = new TestPlatform({ state: `${BASE}/other`, network: '10.82.0.0/16', spec: UNWATCHED });

/** One by the default spec on a machine that is not kind to it, with a small disk. It lives beside the other tests (`beside/`). */
export const small = new TestPlatform({ state: `${BASE}/small`, network: '10.84.0.0/16' });

/** A copy of the project, for tests that change it. */
export const COPY = `${BASE}/copy`;

/** Runs a command where the shared platform's bridges are. */
export function inSwitch(...command: string[]): string {
  const { id } = planNetwork(shared.network);
  return execFileSync('ip', ['netns', 'exec', id, ...command], { encoding: 'utf8' });
}

/** The shared platform's rules about frames: what drops some of them is a fault. */
export function firewall(): string {
  return inSwitch('nft', 'list', 'table', 'bridge', planNetwork(shared.network).id);
}
