import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrmClient } from './crm.ts';
import { shared } from './platform.ts';

/** Sends bytes to the entry and returns what comes back until it is closed. */
function speak(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(shared.url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
}

interface OwnAnswer {
  status: number;
  headers: string;
  code: string;
}

function parse(answer: string): OwnAnswer {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
    headers: head.toLowerCase(),
    code: (JSON.parse(body) as { error: { code: string } }).error.code,
  };
}

describe('the entry answers by itself in the API’s envelope', () => {
  afterAll(async () => {
    await shared.heal();
  });

  // What HAProxy 3.0 cannot read at all it answers before any setting of ours (haproxy#3032): the status is right, the body is HTML.
  it.each<[string, string, number]>([
    ['headers of 20 KB', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 400],
    ['a malformed request line', 'NONSENSE\r\n\r\n', 400],
    ['half a header that does not end', 'GET /livez HTTP/1.1\r\nHo', 408],
  ])('%s', async (_name, text, status) => {
    expect(await speak(text)).toMatch(new RegExp(`^HTTP/1\\.[01] ${status} `));
  });

  it.each(['/metrics', '/readyz', '/%6Detrics', '/metrics?x=1'])('%s is not public', async (path) => {
    const response = await fetch(`${shared.url}${path}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('no API server is there', async () => {
    const names = (await shared.status()).loadBalancer.backends.map((each) => each.name);
    await Promise.all(names.map((name) => shared.json('fault', 'inject', 'stop', name)));
    // A connection of its own: on one that was used before the load balancer closes it without a word, so that clients try again.
    const answer = parse(await speak('GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'));
    expect(answer).toMatchObject({ status: 503, code: 'NO_SERVER' });
    expect(answer.headers).toContain('retry-after: 1');
  });
});

describe('clients that only hold connections', () => {
  const sockets: Socket[] = [];
  const crm = new CrmClient(shared);

  beforeAll(async () => {
    await shared.healthy();
    await crm.login();
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
  });

  it('do not move the address, and others are served when they have gone', async () => {
    const { active } = (await shared.status()).loadBalancer;
    const { hostname, port } = new URL(shared.url);
    const open = () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      sockets.push(socket);
    };
    // More than a load balancer takes; it gives each ten seconds to say something, so they are renewed once.
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 2600; n += 1) open();
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
    expect((await shared.status()).loadBalancer.active).toBe(active);
    // Between other hosts and the database nothing is in the way.
    const { code, stdout } = await shared.run(
      'exec',
      'redis-a',
      '--',
      'sh',
      '-c',
      'timeout 3 bash -c "</dev/tcp/postgres-primary.internal/5432" && echo open',
    );
    expect([code, stdout.trim()]).toEqual([0, 'open']);
    for (const socket of sockets.splice(0)) socket.destroy();
    expect((await shared.healthy()).loadBalancer.active).toBe(active);
    await crm.createCustomer();
  });
});
