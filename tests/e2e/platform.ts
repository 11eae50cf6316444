import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformStatus } from '@sbmcrm/platform';
import { type CliResult, eventually, sbmcrm } from './cli.ts';

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
    return sbmcrm([
      ...args.slice(0, 1),
      '--state',
      this.state,
      ...(this.spec ? ['--spec', this.spec] : []),
      ...args.slice(1),
    ]);
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

  healthy(timeoutMs = 90_000): Promise<PlatformStatus> {
    let reasons: string[] = [];
    return eventually(
      'the platform is healthy again',
      async () => {
        const status = await this.status();
        reasons = status.reasons;
        return status.state === 'healthy' && status;
      },
      timeoutMs,
    ).catch((error: Error) => {
      throw new Error(`${error.message}: ${reasons.join('; ')}`);
    });
  }

  get url(): string {
    const { port } = JSON.parse(readFileSync(join(this.state, 'platform.json'), 'utf8')) as { port: number };
    return `http://127.0.0.1:${port}`;
  }
}

const BASE = '/tmp/sbmcrm-e2e';

/** The platform that the suite shares, made by setup.ts. */
export const shared = new TestPlatform({
  state: process.env.SBMCRM_TEST_STATE ?? `${BASE}/shared`,
  network: '10.79.0.0/16',
});

/** A second platform beside it, for tests that bring one up and down. */
export const other = new TestPlatform({ state: `${BASE}/other`, network: '10.82.0.0/16' });

/** Every state folder that tests use: removed before and after, also when they are killed. */
export const STATE_FOLDERS = [shared.state, other.state];
