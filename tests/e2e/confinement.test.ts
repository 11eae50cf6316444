import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Runtime, StatePaths } from '@sbmcrm/local';
import { planNetwork } from '@sbmcrm/topology';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { shared } from './platform.ts';

/** What somebody who is root inside a host cannot do to the machine. See docs/guides/security.md. */
const paths = new StatePaths(shared.state);
const plan = planNetwork(shared.network);
const runtime = new Runtime(plan);
/** A load balancer has the most rights of all hosts. */
const HOSTS = ['lb-a', 'quorum-c'];

const on = (host: string, ...command: string[]) => shared.run('exec', host, '--', ...command);

/** One process of a host, as this machine numbers it. */
async function someProcess(host: string): Promise<number> {
  const { pid } = (await runtime.list()).get(host) ?? {};
  if (!pid) throw new Error(`${host} does not run`);
  return pid;
}

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
});

describe('root inside a host', () => {
  const syscall = (number: number, ...args: string[]) =>
    `python3 -c 'import ctypes, sys; sys.exit(0 if ctypes.CDLL(None).syscall(${[number, ...args].join(', ')}) >= 0 else 1)'`;
  /** Each would succeed for root on a machine; none of them harms this one if it does here. */
  const ATTEMPTS = {
    'the kernel’s core pattern': 'cat /proc/sys/kernel/core_pattern > /proc/sys/kernel/core_pattern',
    'how the machine gives memory': 'cat /proc/sys/vm/overcommit_memory > /proc/sys/vm/overcommit_memory',
    'its own network settings': 'cat /proc/sys/net/ipv4/tcp_retries2 > /proc/sys/net/ipv4/tcp_retries2',
    'a writable /proc/sys': 'mount -o remount,rw /proc/sys',
    'a mount': 'mount -t tmpfs tmpfs /mnt',
    'a user namespace': 'unshare -U true',
    'a mount namespace': 'unshare -m true',
    'a device': 'mknod /tmp/device b 7 0',
    'another root': 'chroot / true',
    'the image of all hosts': 'touch /usr/bin/intruder',
    'its own configuration': 'touch /etc/sbmcrm/intruder',
    'the kernel’s log': 'dmesg',
    'the kernel’s memory': 'head -c 1 /proc/kcore | grep -q .',
    'its place in the queue when memory runs out': 'echo -1 > /proc/self/oom_score_adj',
    'the clock': 'date -s "$(date)"',
    'a key ring': process.arch === 'x64' ? syscall(250, '0', '-3', '1') : 'false',
    io_uring: process.arch === 'x64' ? syscall(425, '4', 'ctypes.create_string_buffer(256)') : 'false',
    bpf: process.arch === 'x64' ? syscall(321, '0', 'ctypes.create_string_buffer(256)', '128') : 'false',
  };

  it.each(HOSTS)('of %s changes nothing of the machine', async (host) => {
    const script = Object.entries(ATTEMPTS)
      .map(([what, command]) => `if (${command}) >/dev/null 2>&1; then echo '${what}'; fi`)
      .join('\n');
    const { stdout, stderr, code } = await on(host, 'sh', '-c', script);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toBe('');
  });

  it.each(HOSTS)('of %s is nobody on the machine, and so is every service', async (host) => {
    const people = readFileSync('/etc/passwd', 'utf8')
      .trim()
      .split('\n')
      .map((line) => Number(line.split(':')[2]));
    const owners = runtime.processes(host).map((pid) => lstatSync(`/proc/${pid}`).uid);
    expect(owners.length).toBeGreaterThan(2);
    for (const owner of owners) {
      expect(people).not.toContain(owner);
      expect(owner).toBeGreaterThan(2 ** 30);
    }
  });

  it('has no capability that its services do not use', async () => {
    const bounding = async (host: string) => {
      const status = readFileSync(`/proc/${await someProcess(host)}/status`, 'utf8');
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
      expect(status).toMatch(/^Seccomp:\s+2$/m);
      return Number.parseInt(/^CapBnd:\s+(\S+)/m.exec(status)?.[1] ?? '', 16);
    };
    const bits = (...numbers: number[]) => numbers.reduce((mask, bit) => mask | (1 << bit), 0);
    // chown, dac_override, fowner, kill, setgid, setuid; of a load balancer also net_admin and net_raw.
    expect(await bounding('quorum-c')).toBe(bits(0, 1, 3, 5, 6, 7));
    expect(await bounding('lb-a')).toBe(bits(0, 1, 3, 5, 6, 7, 12, 13));
  });
});

describe('a host reaches of the machine', () => {
  const servers: Server[] = [];
  const listen = (address: string) =>
    new Promise<number>((resolve) => {
      const server = createServer((socket) => socket.end('reached\n'));
      servers.push(server);
      server.listen(0, address, () => resolve((server.address() as { port: number }).port));
    });
  afterAll(() => {
    for (const server of servers) server.close();
  });
  /** curl: 28 no answer came, 7 refused or unreachable; any other code says that something answered. */
  const reaches = async (host: string, url: string) =>
    ![7, 28].includes((await on(host, 'curl', '-s', '-o', '/dev/null', '-m', '2', '--http0.9', url)).code);

  it('the local cloud, and nothing else: no port that it listens on, no loopback, nothing behind it', async () => {
    const everywhere = await listen('0.0.0.0');
    const loopback = await listen('127.0.0.1');
    const own = Object.values(networkInterfaces())
      .flat()
      .filter((each) => each?.family === 'IPv4' && !each.internal)
      .map((each) => each?.address ?? '');
    expect(own).toContain(plan.data.gateway);
    expect(await reaches('lb-a', `http://${plan.management.gateway}:7070/`)).toBe(true);
    expect(await reaches('lb-a', `http://${plan.floating.public}/livez`)).toBe(true);
    // As hostile as its rights allow: a load balancer may change its routes.
    const routes = `ip route add default via ${plan.data.gateway}; ip route del local 127.0.0.0/8 table local; ip route add 127.0.0.0/8 via ${plan.data.gateway}`;
    const back = 'ip route del default; ip route del 127.0.0.0/8; ip route add local 127.0.0.0/8 dev lo table local';
    await on('lb-a', 'sh', '-c', routes);
    try {
      for (const address of own) expect(await reaches('lb-a', `http://${address}:${everywhere}/`)).toBe(false);
      for (const port of [loopback, everywhere]) expect(await reaches('lb-a', `http://127.0.0.1:${port}/`)).toBe(false);
      const outside = execFileSync('ip', ['-4', 'route', 'show', 'default'], { encoding: 'utf8' }).split(' ')[2];
      if (outside) expect(await reaches('lb-a', `http://${outside}/`)).toBe(false);
    } finally {
      await on('lb-a', 'sh', '-c', back);
    }
    await shared.healthy();
  });
});

describe('a host’s logs', () => {
  it('lead nowhere, whatever links a host puts there', async () => {
    const victim = '/var/log/sbmcrm/sentinel';
    const secret = 'root:';
    await on('quorum-c', 'sh', '-c', `mv ${victim} ${victim}.kept && ln -s /etc ${victim}`);
    try {
      expect((await shared.run('logs', 'quorum-c/sentinel')).stdout).not.toContain(secret);
      await on('quorum-c', 'sh', '-c', `rm ${victim}; mkdir ${victim}; ln -s /etc/passwd ${victim}/current`);
      const machine = readFileSync('/etc/passwd', 'utf8');
      const { stdout } = await shared.run('logs', 'quorum-c/sentinel', '-n', '1000');
      expect(stdout).not.toContain(machine.trim().split('\n').at(-1));
      // A definition that is written anew follows none either.
      expect((await shared.up()).code).toBe(0);
      expect(existsSync('/etc/config')).toBe(false);
      expect(readFileSync('/etc/passwd', 'utf8')).toBe(machine);
    } finally {
      await on('quorum-c', 'sh', '-c', `rm -rf ${victim}; mv ${victim}.kept ${victim}`);
    }
    expect(readdirSync(join(paths.host('quorum-c').log)).sort()).toEqual(['etcd', 'sentinel', 'witness']);
  });
});

describe('a host that eats memory', () => {
  it('loses its own processes, and nobody else does', async () => {
    const limits = await shared.json<{ sizes: Record<string, { memory: number }> }>('up');
    const { memory } = limits.sizes['quorum-c'] ?? { memory: 0 };
    expect(memory).toBeGreaterThan(0);
    const pids = (status: Awaited<ReturnType<typeof shared.status>>) =>
      status.hosts
        .filter((host) => host.name !== 'quorum-c')
        .flatMap((host) => host.services.map((service) => `${host.name}/${service.name} ${service.pid}`));
    const before = pids(await shared.status());
    expect(readFileSync(`/proc/${await someProcess('quorum-c')}/oom_score_adj`, 'utf8').trim()).toBe('500');
    const eat = `import time\nx = bytearray(${Math.round(memory * 1.2)})\nfor i in range(0, len(x), 4096): x[i] = 1\ntime.sleep(60)`;
    const { code } = await on('quorum-c', 'python3', '-c', eat);
    expect(code).toBe(137);
    await eventually('the host is well again', async () => (await shared.status()).state === 'healthy');
    expect(pids(await shared.status())).toEqual(before);
  });
});
