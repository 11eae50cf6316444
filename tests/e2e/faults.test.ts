import { spawnSync } from 'node:child_process';
import { globSync, statfsSync } from 'node:fs';
import type { Fault } from '@sbmcrm/cloud';
import { linkNames, StatePaths } from '@sbmcrm/local';
import { planNetwork } from '@sbmcrm/topology';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, eventually } from './cli.ts';
import { firewall, inSwitch, shared } from './platform.ts';

const paths = new StatePaths(shared.state);
const plan = planNetwork(shared.network);

const inject = (...args: string[]) => shared.json<Fault>('fault', 'inject', ...args);
const faults = () => shared.json<Fault[]>('fault', 'list');
const on = (host: string, ...command: string[]) => shared.run('exec', host, '--', ...command);
const noFaults = () => shared.until('all faults are over', (status) => status.faults.length === 0);

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

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
});

// Whatever a test did, it is undone completely.
afterEach(async () => {
  await shared.heal();
  expect(firewall()).not.toContain('drop');
  expect(globSync(`${paths.hosts}/*/ballast`)).toEqual([]);
});

describe('faults', () => {
  it('end by themselves after --for, also several at the same moment', async () => {
    const paused = await inject('pause', 'quorum-c', '--for', '3s');
    expect(Date.parse(paused.until ?? '') - Date.parse(paused.since)).toBe(3000);
    await Promise.all(['replica-a', 'replica-b', 'redis-b'].map((host) => inject('isolate', host, '--for', '2s')));
    await noFaults();
    expect((await states())['quorum-c']).toBe('running');
    expect(firewall()).not.toContain('drop');
  });

  it('of one kind on one target are undone one by one, and all of them at once', async () => {
    const stop = await inject('stop', 'replica-a');
    const short = await inject('stop', 'replica-a');
    await clear(short.id);
    expect((await states())['replica-a']).toBe('stopped');
    await clear(stop.id);
    expect((await states())['replica-a']).toBe('running');

    await inject('kill', 'redis-b/redis', '--for', '3s');
    await inject('pause', 'sbmcrm-api-02/api');
    await inject('stop', 'sbmcrm-api-02');
    await clear();
    expect(await faults()).toEqual([]);
  });

  it('that make no sense are refused: bad usage, and what is not there', async () => {
    for (const [args, exitCode, message] of [
      [['stop', 'redis-a/redis'], 2, 'takes HOST, zone-ZONE or region-REGION'],
      [['pause', 'nobody'], 1, 'no host is called'],
    ] as const) {
      const { code, stderr } = await shared.run('fault', 'inject', ...args);
      expect(stderr).toContain(message);
      expect(code).toBe(exitCode);
    }
    expect(await faults()).toEqual([]);
  });
});

describe('a zone', () => {
  it('stops, pauses and is isolated as a whole; what was down before stays down, and `up` does not wait for it', async () => {
    // Not the primary's: that it can be lost with its zone is a drill's business.
    const { hosts, database } = await shared.status();
    const zone = hosts.find((host) => host.name === database.primary)?.zone === 'a' ? 'b' : 'a';
    const names = hosts.filter((host) => host.zone === zone).map((host) => host.name);
    const replica = `replica-${zone}`;
    const inZone = async () => {
      const now = await states();
      return names.map((name) => now[name]);
    };

    await inject('stop', replica);
    const stop = await inject('stop', `zone-${zone}`);
    expect(stop).toMatchObject({ target: `zone-${zone}`, hosts: names.filter((name) => name !== replica) });
    expect((await faults()).map((each) => each.target)).toEqual([replica, `zone-${zone}`]);
    expect(new Set(await inZone())).toEqual(new Set(['stopped']));
    expect((await states())[`lb-${zone === 'a' ? 'b' : 'a'}`]).toBe('running');
    await clear(stop.id);
    expect(await inZone()).toEqual(names.map((name) => (name === replica ? 'stopped' : 'running')));

    // Once `up` has started its hosts, a stopped zone is over.
    await inject('stop', `zone-${zone}`);
    expect((await shared.up()).code).toBe(0);
    expect(await faults()).toEqual([]);

    const pause = await inject('pause', `zone-${zone}`);
    expect(new Set(await inZone())).toEqual(new Set(['paused']));
    await clear(pause.id);

    await inject('isolate', `zone-${zone}`);
    expect((await shared.up()).code).toBe(0);
    expect(new Set(await inZone())).toEqual(new Set(['isolated']));
  });
});

describe('cut', () => {
  /** curl: 28 nothing came back, 7 refused: the other end was reached. */
  const reaches = async (address: string, port = 9) =>
    (await on('postgres-a', 'curl', '-s', '-m', '2', `http://${address}:${port}`)).code;

  it('drops every frame between the two zones, and no other; also for a host that starts meanwhile', async () => {
    const [b, c] = [await addressOf('replica-b'), await addressOf('quorum-c')];
    expect(await reaches(b)).toBe(7);
    await inject('cut', 'b-a');
    expect(await reaches(b)).toBe(28);
    expect(await reaches(c)).toBe(7);
    // The machine answers nothing but the local cloud, which the cut leaves alone.
    expect(await reaches(plan.management.gateway, 7070)).toBe(0);
    expect((await states())['replica-b']).toBe('running');

    const stop = await inject('stop', 'replica-b');
    await clear(stop.id);
    expect((await states())['replica-b']).toBe('running');
    expect(await reaches(b)).toBe(28);
  });
});

describe('slow', () => {
  const SENT = 1000;
  // The end is told so often that one of the marks arrives.
  const RECEIVE = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
s.bind(("0.0.0.0", 9999))
s.settimeout(120)
print("ready", flush=True)
n = 0
while s.recv(100) != b"end":
    n += 1
print(n)
`;
  const SEND = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for text, times in (b"x", ${SENT}), (b"end", 100):
    for i in range(times):
        s.sendto(text, (sys.argv[1], 9999))
        time.sleep(0.001)
`;
  /** How many of the datagrams that one host sends to another arrive. */
  const arriving = async (from: string, to: string) => {
    const receiver = shared.start('exec', to, '--', 'python3', '-c', RECEIVE);
    await eventually('the receiver listens', async () => receiver.hasEnded || receiver.stdout.includes('ready'));
    await on(from, 'python3', '-c', SEND, await addressOf(to));
    await receiver.ended;
    return Number(receiver.stdout.replace('ready', '') || receiver.stderr);
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
});
