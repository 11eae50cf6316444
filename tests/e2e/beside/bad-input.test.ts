import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sbmcrm } from '../cli.ts';

let folder = '';
let state = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbmcrm-bad-'));
  state = join(folder, 'state');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Fails in one line that says `message`, and leaves no platform behind. */
async function expectRefusal(
  args: string[],
  code: number,
  message: string | RegExp,
  prefix: string[] = [],
): Promise<void> {
  const result = await sbmcrm([...args, '--state', state], { prefix });
  expect(result.stderr.trim()).toMatch(message);
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
  expect(result.code).toBe(code);
  expect(existsSync(join(state, 'platform.json'))).toBe(false);
}

describe('up refuses in one line', () => {
  it('without root', async () => {
    await expectRefusal(['up'], 1, /needs root/, ['setpriv', '--reuid=65534', '--clear-groups']);
  });

  it('where namespaces are not allowed', async () => {
    await expectRefusal(['up'], 1, /namespaces are refused/, [
      'setpriv',
      '--bounding-set=-sys_admin',
      '--inh-caps=-sys_admin',
    ]);
  });

  it('when the subnet is taken by somebody else', async () => {
    execFileSync('ip', ['link', 'add', 'sbmtest0', 'type', 'bridge']);
    try {
      execFileSync('ip', ['address', 'add', '10.81.5.1/24', 'dev', 'sbmtest0']);
      execFileSync('ip', ['link', 'set', 'sbmtest0', 'up']);
      await expectRefusal(['up', '--network', '10.81.0.0/16'], 1, /10\.81\.0\.0\/16 is already used .* --network/);
    } finally {
      execFileSync('ip', ['link', 'delete', 'sbmtest0']);
    }
  });

  it('when the port is taken by another program', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    try {
      await expectRefusal(
        ['up', '--network', '10.81.0.0/16', '--port', String(port)],
        1,
        `port ${port} on 127.0.0.1 is taken`,
      );
    } finally {
      server.close();
    }
  });

  it('when the disk is full', async () => {
    mkdirSync(state);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', state]);
    try {
      await expectRefusal(['up', '--network', '10.81.0.0/16'], 1, /0 MB free, a platform needs \d+ MB/);
    } finally {
      execFileSync('umount', [state]);
    }
  });

  it('when a package cannot be fetched', async () => {
    const cache = join(folder, 'cache');
    const args = ['up', '--network', '10.81.0.0/16', '--mirror', 'http://127.0.0.1:9/debian'];
    await expectRefusal(args, 1, /cannot build the image of hosts: .*127\.0\.0\.1/, ['env', `SBMCRM_CACHE=${cache}`]);
    expect(existsSync(cache)).toBe(false);
  });

  it('a network that is none', async () => {
    await expectRefusal(['up', '--network', '10.81.0.0/24'], 2, /private IPv4 \/16/);
  });

  it('a folder that holds something else', async () => {
    mkdirSync(state);
    writeFileSync(join(state, 'thesis.txt'), 'precious');
    await expectRefusal(['up', '--network', '10.81.0.0/16'], 1, /not empty and holds no platform/);
    await sbmcrm(['down', '--purge', '--state', state]);
    expect(existsSync(join(state, 'thesis.txt'))).toBe(true);
  });
});

describe('every command refuses', () => {
  it('state of a newer version', async () => {
    mkdirSync(state);
    writeFileSync(join(state, 'platform.json'), JSON.stringify({ version: 99, network: '10.81.0.0/16', port: 8080 }));
    await Promise.all(
      ['up', 'down', 'status'].map(async (command) => {
        const { code, stderr } = await sbmcrm([command, '--state', state]);
        expect(stderr).toMatch(/written by a newer version/);
        expect(code).toBe(1);
      }),
    );
  });

  it('a platform that was never up', async () => {
    await Promise.all(
      [['status'], ['credentials'], ['fault', 'list'], ['failover', 'database'], ['exec', 'lb-a', '--', 'true']].map(
        async ([command = '', ...rest]) => {
          const { code, stderr } = await sbmcrm([command, '--state', state, ...rest]);
          expect(stderr.trim()).toMatch(/run `sbmcrm up`/);
          expect(code).toBe(1);
        },
      ),
    );
  });

  it('bad usage, before it looks at any platform', async () => {
    const lines: [line: string, message: RegExp][] = [
      ['fly', /error: unknown command/],
      ['up --colour', /error: unknown option/],
      ['up --port http', /error: option/],
      ['status extra', /error: too many arguments/],
      ['failover network', /error: /],
      ['switchover database', /error: required option/],
      ['drill run', /name a drill, or all/],
      ['drill run fire', /no drill is called "fire" \(there are: all, agent-killed/],
      ['drill run api-crash --set nothing', /KEY=VALUE/],
      ['drill run api-crash --rate 0', /whole number from 1/],
      ['fault inject slow redis-a --loss 101%', /--loss: /],
    ];
    await Promise.all(
      lines.map(async ([line, message]) => {
        const { code, stderr, stdout } = await sbmcrm([...line.split(' '), '--state', state]);
        expect(stderr).toMatch(message);
        expect([line, code, stdout]).toEqual([line, 2, '']);
      }),
    );
    expect(existsSync(state)).toBe(false);
  });

  it('a spec with two hundred errors: a bounded page with the place of each, and all of them as JSON', async () => {
    const spec = join(folder, 'bad.yaml');
    writeFileSync(spec, `platform: sbmcrm\n${Array.from({ length: 200 }, (_, n) => `key${n}: ${n}`).join('\n')}\n`);
    const { code, stderr } = await sbmcrm(['up', '--spec', spec, '--state', state]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad\.yaml:2:1 key0: /);
    expect(stderr.trim().split('\n').length).toBeLessThan(30);
    const all = await sbmcrm(['check', '--json', '--spec', spec]);
    expect(all.code).toBe(2);
    expect((JSON.parse(all.stdout) as { problems: unknown[] }).problems).toHaveLength(200);
  });
});

describe('load and drills refuse in one line', () => {
  it.each([
    [['load', '--rate', '5', '--find-max'], /--find-max looks for the rate itself: leave out --rate/],
    [['load', '--find-max', '--history', 'x'], /--history keeps one load: leave out --find-max/],
    [['load', '--history', '/dev/null'], /--history \/dev\/null: it exists already, give another file/],
    [['load', '--history', '/no/where'], /--history \/no\/where: there is no folder \/no/],
    [['load', '--for', '5 parsecs'], /--for: .*5 parsecs/],
    [['load', '--for', '10ms'], /--for: give 1s to 1d, not 10ms/],
    [['drill', 'run'], /name a drill, or all/],
    [['drill', 'run', 'fire'], /no drill is called "fire"/],
    [['drill', 'run', 'api-crash', '--dwell', '0s'], /--dwell: give 1s to 10m, not 0s/],
    [['drill', 'run', 'all', '--resume'], /no session of all in .* was cut: there is nothing to resume/],
  ])('%j', async (args, message) => {
    await expectRefusal(args, 2, message);
  });
});
