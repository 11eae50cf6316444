import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statfsSync } from 'node:fs';
import { type Fault, linkNames, StatePaths } from '@sbmcrm/local';
import { planNetwork } from '@sbmcrm/topology';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, eventually } from './cli.ts';
import { killDaemon } from './daemon.ts';
import { shared } from './platform.ts';

const paths = new StatePaths(shared.state);
const plan = planNetwork(shared.network);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const inject = (...args: string[]) => shared.json<Fault>('fault', 'inject', ...args);
const faults = () => shared.json<Fault[]>('fault', 'list');
const on = (host: string, ...command: string[]) => shared.run('exec', host, '--', ...command);

async function clear(id = 'all'): Promise<void> {
  await shared.json('fault', 'clear', id);
}

/** States of hosts by name. */
async function states(): Promise<Record<string, string>> {
  return Object.fromEntries((await shared.status()).hosts.map((host) => [host.name, host.state]));
}

async function addressOf(name: string): Promise<string> {
  return (await shared.status()).hosts.find((host) => host.name === name)?.address ?? '';
}

/** Runs a command where the platform's bridges are. */
function inSwitch(...command: string[]): string {
  return execFileSync('ip', ['netns', 'exec', plan.id, ...command], { encoding: 'utf8' });
}

function firewall(): string {
  return inSwitch('nft', 'list', 'table', 'bridge', plan.id);
}

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
});

// Whatever a test did, it is undone completely.
afterEach(async () => {
  await clear();
  expect(firewall()).not.toContain('drop');
  expect(globSync(`${paths.hosts}/*/ballast`)).toEqual([]);
  await shared.healthy();
});

describe('faults', () => {
  it('end by themselves after --for', async () => {
    await inject('pause', 'replica-b', '--for', '5s');
    expect((await states())['replica-b']).toBe('paused');
    await eventually('the fault is over', async () => (await faults()).length === 0, 15_000);
  });

  it('that end at the same moment are all undone, and so are two of one kind on one target', async () => {
    await Promise.all(['replica-a', 'replica-b', 'redis-b'].map((host) => inject('isolate', host, '--for', '2s')));
    await eventually('all are over', async () => (await faults()).length === 0, 15_000);
    expect(firewall()).not.toContain('drop');

    const stop = await inject('stop', 'replica-a');
    const short = await inject('stop', 'replica-a');
    await clear(short.id);
    expect((await states())['replica-a']).toBe('stopped');
    await clear(stop.id);
    await shared.healthy();

    await inject('kill', 'redis-b/redis', '--for', '3s');
    await inject('pause', 'sbmcrm-api-02/api');
    await inject('stop', 'sbmcrm-api-02');
    await clear();
    await shared.healthy();
    expect(await faults()).toEqual([]);
  });

  it.each([
    [['kill', 'redis-a'], 2, 'HOST/SERVICE'],
    [['stop', 'redis-a/redis'], 2, 'takes HOST or zone-ZONE'],
    [['pause', 'nobody'], 1, 'no host is called'],
    [['kill', 'redis-a/mysql'], 1, 'no service'],
    [['stop', 'redis-a', '--direction', 'in'], 2, '--direction goes with isolate'],
    [['cut', 'a-a'], 2, 'two zones'],
    [['cut', 'a-d'], 1, 'no zone is called "d"'],
    [['isolate', 'zone-d'], 1, 'no zone is called "d"'],
    [['slow', 'redis-a'], 2, '--loss, --latency or both'],
    [['slow', 'redis-a', '--loss', '101%'], 2, '--loss:'],
    [['fill', 'redis-a', '--loss', '5%'], 2, '--loss goes with slow'],
  ])('that make no sense are refused: %s', async (args, exitCode, message) => {
    const { code, stderr } = await shared.run('fault', 'inject', ...args);
    expect(code).toBe(exitCode);
    expect(stderr).toContain(message);
    expect(await faults()).toEqual([]);
  });

  it('outlive the daemon, and one that runs out meanwhile is cleared by the next', async () => {
    await inject('stop', 'replica-a');
    for (const args of [
      ['isolate', 'lb-b'],
      ['cut', 'a-c'],
      ['slow', 'redis-b', '--loss', '20%'],
      ['fill', 'quorum-c'],
      ['pause', 'replica-b'],
      ['kill', 'sbmcrm-api-02/api', '--for', '10m'],
      ['isolate', 'quorum-b', '--for', '1s'],
      ['fill', 'quorum-b', '--for', '1s'],
    ]) {
      await inject(...args);
    }
    killDaemon(shared, { forGood: true });
    await pause(1000);
    expect((await shared.up()).code).toBe(0);
    // `up` starts what is stopped, which ends that fault; it leaves the others.
    expect((await faults()).map((each) => each.kind)).toEqual(['isolate', 'cut', 'slow', 'fill', 'pause', 'kill']);
    expect(firewall().match(/drop/g)?.length).toBe(2 + 2 + 2);
  });
});

describe('a zone', () => {
  const inZone = async (zone: string) =>
    (await shared.status()).hosts.filter((host) => host.zone === zone).map((host) => host.name);

  it('stops in one stroke; what was down before stays down when it is cleared', async () => {
    const hosts = await inZone('a');
    const before = await inject('stop', 'replica-a');
    const stop = await inject('stop', 'zone-a');
    expect(stop).toMatchObject({ target: 'zone-a', hosts: hosts.filter((host) => host !== 'replica-a') });
    expect((await faults()).map((each) => each.target)).toEqual(['replica-a', 'zone-a']);
    const during = await states();
    expect(hosts.map((host) => during[host])).toEqual(hosts.map(() => 'stopped'));
    expect(during['lb-b']).toBe('running');

    await clear(stop.id);
    const after = await states();
    expect(hosts.filter((host) => after[host] !== 'running')).toEqual(['replica-a']);
    await clear(before.id);
    expect(await faults()).toEqual([]);
  });

  it('that is stopped is over once `up` has started its hosts', async () => {
    await inject('stop', 'zone-b');
    expect((await shared.up()).code).toBe(0);
    expect(await faults()).toEqual([]);
  });

  it('is paused and isolated as a whole, and `up` does not wait for it', async () => {
    for (const [kind, state] of [
      ['pause', 'paused'],
      ['isolate', 'isolated'],
    ] as const) {
      const hosts = await inZone('b');
      const fault = await inject(kind, 'zone-b');
      const during = await states();
      expect(hosts.map((host) => during[host])).toEqual(hosts.map(() => state));
      expect((await shared.up()).code).toBe(0);
      await clear(fault.id);
      await shared.healthy();
    }
  });
});

describe('cut', () => {
  const FROM = 'postgres-a';
  /** curl: 28 nothing came back, 7 refused: the other end was reached. */
  const reaches = async (target: string) => (await on(FROM, 'curl', '-s', '-m', '2', target)).code;

  it('drops every frame between the two zones, and no other', async () => {
    const [b, c] = [await addressOf('replica-b'), await addressOf('quorum-c')];
    expect(await reaches(`http://${b}:9`)).toBe(7);
    await inject('cut', 'b-a');
    expect(await reaches(`http://${b}:9`)).toBe(28);
    expect(await reaches(`http://${c}:9`)).toBe(7);
    // The machine answers nothing but the local cloud, which the cut leaves alone.
    expect(await reaches(`http://${plan.management.gateway}:7070`)).toBe(0);
    expect((await states())['replica-b']).toBe('running');
  });

  it('holds for a host that starts meanwhile', async () => {
    await inject('stop', 'replica-b');
    await inject('cut', 'a-b');
    expect((await shared.up()).code).toBe(0);
    expect((await states())['replica-b']).toBe('running');
    expect(await reaches(`http://${await addressOf('replica-b')}:9`)).toBe(28);
  });
});

describe('slow', () => {
  const SENT = 1000;
  const RECEIVE = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 9999))
s.settimeout(5)
n = 0
try:
    while True:
        s.recv(100)
        n += 1
        s.settimeout(2)
except TimeoutError:
    print(n)
`;
  const SEND = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(${SENT}):
    s.sendto(b"x", (sys.argv[1], 9999))
    time.sleep(0.001)
`;
  /** How many of the datagrams that one host sends to another arrive. */
  const arriving = async (from: string, to: string) => {
    const received = on(to, 'python3', '-c', RECEIVE);
    await pause(1500);
    await on(from, 'python3', '-c', SEND, await addressOf(to));
    return Number((await received).stdout);
  };

  it('loses the given share of frames, each way', async () => {
    // Two hosts that talk to each other all the time: each knows the other's hardware address.
    const { primary } = (await shared.status()).database;
    expect(await arriving(primary ?? '', 'replica-b')).toBe(SENT);
    await inject('slow', 'replica-b', '--loss', '50%');
    for (const [from, to] of [
      [primary ?? '', 'replica-b'],
      ['replica-b', primary ?? ''],
    ] as const) {
      const count = await arriving(from, to);
      // Six standard deviations each way.
      expect(count).toBeGreaterThan(400);
      expect(count).toBeLessThan(600);
    }
    expect((await states())['replica-b']).toBe('running');
  });

  it('says what it skips where the kernel cannot delay frames', async () => {
    const probe = ['--net', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms'];
    const hasNetem = spawnSync('unshare', probe).status === 0;
    const alone = await shared.json<{ skipped?: string }>('fault', 'inject', 'slow', 'replica-b', '--latency', '20ms');
    const both = await inject('slow', 'replica-b', '--loss', '1%', '--latency', '20ms');
    if (hasNetem) {
      expect(both).toMatchObject({ lossPercent: 1, latencyMs: 20 });
      const link = linkNames(plan, await addressOf('replica-b')).data;
      const discipline = () => inSwitch('tc', 'qdisc', 'show', 'dev', link);
      expect(discipline()).toMatch(/netem .*delay 40/);
      await clear();
      expect(discipline()).not.toContain('netem');
    } else {
      expect(alone.skipped).toContain('no netem');
      expect(both).toMatchObject({ lossPercent: 1, note: 'latency skipped: no netem' });
      expect(await faults()).toEqual([both]);
    }
  });
});

describe('fill', () => {
  const write = (): Promise<CliResult> => {
    const command = 'dd if=/dev/zero of=/data/postgres/test bs=4k count=1 && rm /data/postgres/test';
    const asPostgres = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'];
    return on('replica-b', ...asPostgres, 'sh', '-c', command);
  };
  const freeOnMachine = () => {
    const { bavail, bsize } = statfsSync(shared.state);
    return bavail * bsize;
  };
  const expectFull = async () => {
    const { code, stderr } = await write();
    expect(code).not.toBe(0);
    expect(stderr).toContain('No space left on device');
  };

  it("takes the room on the host's disk, and none on the machine's", async () => {
    expect((await write()).code).toBe(0);
    const before = freeOnMachine();
    const fault = await inject('fill', 'replica-b');
    expect(before - freeOnMachine()).toBeLessThan(256 * 1024 ** 2); // the platform itself writes
    await expectFull();
    await clear(fault.id);
    expect((await write()).code).toBe(0);
  });

  it('outlives a restart of the host, and is cleared also while the host is stopped', async () => {
    const fault = await inject('fill', 'replica-b');
    const stop = await inject('stop', 'replica-b');
    await clear(stop.id);
    await expectFull();
    await inject('stop', 'replica-b');
    await clear(fault.id);
    await clear();
    expect((await write()).code).toBe(0);
  });

  it('ends with the platform: after down and up there is room again', async () => {
    await inject('fill', 'replica-b');
    expect((await shared.run('down')).code).toBe(0);
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(paths.root);
    expect(
      execFileSync('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'], { encoding: 'utf8' }),
    ).not.toContain(paths.root);
    expect((await shared.up()).code).toBe(0);
    expect(existsSync(paths.host('replica-b').ballast)).toBe(false);
    expect((await write()).code).toBe(0);
  });
});
