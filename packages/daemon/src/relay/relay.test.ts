import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { firstThatAnswers, forwarder } from './forward.ts';
import { Hook } from './hook.ts';
import { relayServer } from './http.ts';
import { NOTHING, type Place, placeOf, type RelaySetting, tokenDigest, tokenOf } from './setting.ts';
import { type ToldAlert, toldAlerts } from './told.ts';

const open: TcpServer[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});
function listen<S extends TcpServer | Server>(server: S): Promise<Place> {
  open.push(server);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })),
  );
}

/** A destination that says what it was sent. */
async function destination(): Promise<Place> {
  return listen(
    createServer(async (incoming, answer) => {
      let text = '';
      for await (const part of incoming) text += part;
      const { authorization, 'proxy-authorization': proxy } = incoming.headers;
      answer.end(JSON.stringify({ url: incoming.url, text, authorization, proxy }));
    }),
  );
}

const LET_IN: Partial<RelaySetting> = { tokens: [tokenDigest('T')], from: ['127.0.0.1'] };
const BASIC = `Basic ${Buffer.from('alertmanager:T').toString('base64')}`;

interface Sent {
  path: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}
function send({ host, port }: Place, { path, method = 'POST', headers = {}, body = '{}' }: Sent) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request({ host, port, path, method, headers, agent: false }, async (answer) => {
      let text = '';
      for await (const part of answer) text += part;
      resolve({ status: answer.statusCode ?? 0, text });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function relay(setting: Partial<RelaySetting>, taken: unknown[] = []): Promise<Place> {
  const whole = { ...NOTHING, ...LET_IN, ...setting };
  const take = async (body: unknown) => {
    taken.push(body);
    return 200;
  };
  return listen(relayServer(() => whole, { '/alerts': take }));
}

describe('the relay', () => {
  it('passes a message on to a destination of the spec, without what was for itself', async () => {
    const there = await destination();
    const at = await relay({ destinations: [there] });
    const headers = { 'proxy-authorization': BASIC, authorization: 'Bearer chat' };
    const { status, text } = await send(at, { path: `http://127.0.0.1:${there.port}/a?b`, headers, body: '{"x":1}' });
    expect({ status, ...JSON.parse(text) }).toEqual({
      ...{ status: 200, url: '/a?b', text: '{"x":1}', authorization: 'Bearer chat' },
    });
  });

  it('refuses another destination, a caller without the token, and one that is no monitoring host', async () => {
    const there = await destination();
    const path = `http://127.0.0.1:${there.port}/`;
    const headers = { 'proxy-authorization': BASIC };
    const allowed = { destinations: [there] };
    expect((await send(await relay({}), { path, headers })).status).toBe(403);
    expect((await send(await relay(allowed), { path })).status).toBe(407);
    await expect(send(await relay({ ...allowed, from: ['10.0.0.1'] }), { path, headers })).rejects.toThrow();
    expect((await send(await relay(allowed), { path, headers, method: 'GET' })).status).toBe(405);
  });

  it('connects to a destination, and to nothing else', async () => {
    const there = await destination();
    const at = await relay({ destinations: [there] });
    const ask = (place: Place, authorization: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(at);
        let text = '';
        socket.on('data', (part) => {
          text += part;
          if (text.includes('200 OK\r\n\r\n') && !text.includes('url')) {
            socket.write('POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
          }
        });
        socket.on('close', () => resolve(text));
        const target = `${place.host}:${place.port}`;
        socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: ${authorization}\r\n\r\n`);
      });
    expect(await ask(there, BASIC)).toContain('"url":"/in"');
    expect(await ask({ ...there, port: there.port === 1 ? 2 : 1 }, BASIC)).toContain('403');
    expect(await ask(there, 'Basic eDp5')).toContain('407');
  });

  it('takes what is for the machine', async () => {
    const taken: unknown[] = [];
    const at = await relay({}, taken);
    const headers = { authorization: 'Bearer T' };
    expect((await send(at, { path: '/alerts', headers, body: '{"a":1}' })).status).toBe(200);
    expect(taken).toEqual([{ a: 1 }]);
    expect((await send(at, { path: '/alerts', body: '{}' })).status).toBe(401);
    expect((await send(at, { path: '/other', headers })).status).toBe(404);
    expect((await send(at, { path: '/alerts', headers, body: '{' })).status).toBe(400);
    expect((await send(at, { path: '/alerts', headers, body: `"${'x'.repeat(1_100_000)}"` })).status).toBe(400);
    expect(taken).toHaveLength(1);
  });

  it('ends a connection that it refuses, whether the other side does or not', async () => {
    const at = await relay({});
    const socket = connect({ ...at, allowHalfOpen: true });
    const end = new Promise((resolve) => socket.on('close', resolve));
    socket.on('data', () => {});
    socket.on('error', () => {});
    socket.write('CONNECT a.example:443 HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise((resolve) => socket.on('end', resolve));
    // It does not end its own half: what it writes now finds nobody.
    const timer = setInterval(() => socket.write('x'), 20);
    await end;
    clearInterval(timer);
  });

  it('passes no answer on that is none', async () => {
    const there = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.end('HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n');
      }),
    );
    const at = await relay({ destinations: [there] });
    const headers = { 'proxy-authorization': BASIC };
    expect((await send(at, { path: `http://127.0.0.1:${there.port}/`, headers })).status).toBe(502);
  });

  it('says so where a destination does not answer', async () => {
    const closed = await listen(createTcpServer());
    open.pop()?.close();
    const at = await relay({ destinations: [closed] });
    const headers = { 'proxy-authorization': BASIC };
    expect((await send(at, { path: `http://127.0.0.1:${closed.port}/`, headers })).status).toBe(502);
  });
});

describe('what this machine shows', () => {
  const say = (text: string) => listen(createTcpServer((socket) => socket.end(text)));
  const hear = ({ host, port }: Place) =>
    new Promise<string>((resolve) => {
      let text = '';
      connect({ host, port })
        .on('data', (part) => {
          text += part;
        })
        .on('error', () => {})
        .on('close', () => resolve(text));
    });

  it('is the first that answers', async () => {
    const gone = await listen(createTcpServer());
    open.pop()?.close();
    const places = [gone, await say('two')];
    const at = await listen(
      forwarder(
        () => true,
        () => firstThatAnswers(places),
      ),
    );
    expect(await hear(at)).toBe('two');
    expect(await firstThatAnswers([gone])).toBeUndefined();
  });

  it('is nothing to whom it is not for', async () => {
    const there = await say('one');
    const at = await listen(
      forwarder(
        () => false,
        () => firstThatAnswers([there]),
      ),
    );
    expect(await hear(at)).toBe('');
  });
});

describe('a hook', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-hook-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const script = (text: string): string => {
    const path = join(folder, 'hook');
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const alert = (key: string): ToldAlert => ({
    ...{ event: 'alert', name: 'HighCpu', state: 'firing', text: 'busy', since: '2026-01-01T00:00:00Z' },
    ...{ key, id: key },
  });
  const said = () => readFileSync(join(folder, 'said'), 'utf8').trim().split('\n');

  it('is given each alert once, however often it is told', async () => {
    const command = [script(`cat >> ${folder}/said; echo "$1" >> ${folder}/said`), 'word'];
    const hook = new Hook();
    await Promise.all([hook.run(command, alert('1')), hook.run(command, alert('1')), hook.run(command, alert('2'))]);
    await hook.run(command, alert('1'));
    const [first = '', word, , ...rest] = said();
    const { key: _key, id: _id, ...event } = alert('1');
    expect(JSON.parse(first)).toEqual(event);
    expect({ word, rest }).toEqual({ word: 'word', rest: ['word'] });
  });

  it('that fails says how, and is tried again', async () => {
    const hook = new Hook();
    await expect(hook.run([script('echo oh no >&2; exit 3')], alert('3'))).rejects.toThrow('ended with 3: oh no');
    await hook.run([script('exit 0')], alert('3'));
    await expect(hook.run([join(folder, 'none')], alert('4'))).rejects.toThrow('was not run');
  });
});

describe('what is read', () => {
  it('of headers is the token', () => {
    expect([tokenOf('Bearer T'), tokenOf(BASIC), tokenOf('Basic eA=='), tokenOf(undefined)]).toEqual([
      ...['T', 'T', '', undefined],
    ]);
  });

  it('of a target is host and port', () => {
    expect(placeOf('[::1]:443')).toEqual({ host: '::1', port: 443 });
    expect(['a', 'a:0', 'a:70000', ':1', undefined].map((each) => placeOf(each))).toEqual(Array(5).fill(undefined));
  });

  it('of a message is each alert, in the form of a hook', () => {
    const labels = { alertname: 'HostDown', severity: 'warning', host: 'lb-a', zone: 'a', job: 'hosts-state' };
    const times = { startsAt: '2026-01-01T00:00:00Z', endsAt: '2026-01-01T00:01:00Z', fingerprint: 'f' };
    const posted = {
      alerts: [{ status: 'resolved', labels, annotations: { text: 'gone', runbook: 'docs' }, ...times }],
    };
    expect(toldAlerts(posted)).toEqual([
      {
        ...{ event: 'alert', name: 'HostDown', state: 'resolved', severity: 'warning', host: 'lb-a', zone: 'a' },
        ...{ text: 'gone', since: times.startsAt, until: times.endsAt, runbook: 'docs' },
        ...{ id: 'f', key: 'f 2026-01-01T00:00:00Z resolved' },
      },
    ]);
    expect(() => toldAlerts({ alerts: [{}] })).toThrow();
  });
});
