import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '@sbmcrm/cloud';
import type { PlatformStatus } from '@sbmcrm/platform';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sbmcrm } from './cli.ts';
import { shared, TestPlatform } from './platform.ts';

// An incident is when a spec is edited in haste: looking and mending must not wait until it parses again.

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-rescue-'));
const broken = join(folder, 'broken.yaml');
const missing = join(folder, 'missing.yaml');
const withSpec = (spec: string) => new TestPlatform({ state: shared.state, network: shared.network, spec });

beforeAll(() => writeFileSync(broken, 'platform: sbmcrm\ndatabase:\n  replicationMode: both\n  pool: { max: many }\n'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  [
    'broken',
    broken,
    /^\S+broken\.yaml:3:\d+ database\.replicationMode: .* \(and 1 more\): shown is the platform as last/,
  ],
  ['missing', missing, /^\S+missing\.yaml: no such file .*: shown is the platform as last brought up$/],
])('with a spec that is %s', (_what, spec, note) => {
  const platform = withSpec(spec);

  afterEach(() => shared.run('fault', 'clear'));

  it('status shows the platform as last brought up, and says so in one line', async () => {
    const right = await shared.status();
    const { code, stdout, stderr } = await platform.run('status', '--json');
    const shown = JSON.parse(stdout) as PlatformStatus;
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr.trim()).toMatch(note);
    expect(shown.hosts.map((host) => host.name)).toEqual(right.hosts.map((host) => host.name));
    expect(shown.database.members).toHaveLength(right.database.members.length);
    expect(shown.database.primary).toBe(right.database.primary);
    expect(shown.quorum).toEqual(right.quorum);
    expect(code).toBe(shown.state === 'healthy' ? 0 : 3);
    const text = await platform.run('status');
    expect(text.stdout).toContain('lb-a');
  });

  it('logs, exec and credentials look inside', async () => {
    const logs = await platform.run('logs', 'postgres-a/patroni', '-n', '5');
    expect(logs).toMatchObject({ code: 0, stderr: '' });
    expect(logs.stdout).not.toBe('');
    const exec = await platform.run('exec', 'lb-a', '--', 'sh', '-c', 'uname -n; exit 7');
    expect(exec).toMatchObject({ code: 7, stdout: 'lb-a\n', stderr: '' });
    const login = await platform.json<{ email: string }>('credentials');
    expect(login).toEqual(await shared.json('credentials'));
  });

  it('faults are seen and cleared', async () => {
    const fault = await shared.json<Fault>('fault', 'inject', 'slow', 'quorum-c', '--loss', '1%');
    const listed = await platform.json<Fault[]>('fault', 'list');
    expect(listed.map((each) => each.id)).toEqual([fault.id]);
    expect(await platform.json('fault', 'clear', fault.id)).toEqual({ cleared: [fault.id] });
    expect(await shared.json('fault', 'list')).toEqual([]);
  });

  it('down does not ask for it', async () => {
    const { code, stdout } = await sbmcrm(['down', '--spec', spec, '--state', join(folder, 'none')]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'There is nothing to stop.\n' });
  });

  it.each([
    [['up']],
    [['check']],
    [['failover', 'database']],
    [['switchover', 'database', '--to', 'postgres-b']],
    [['drill', 'run', 'api-crash']],
  ])('%s refuses it', async (args) => {
    const { code, stderr, stdout } = await platform.run(...args);
    expect(stderr).toMatch(/(broken|missing)\.yaml/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('the spec as it was applied', () => {
  it('is kept for its owner only', () => {
    expect(statSync(join(shared.state, 'spec.yaml')).mode & 0o777).toBe(0o600);
  });
});
