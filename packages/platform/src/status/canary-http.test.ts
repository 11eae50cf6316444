import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Secrets } from '@sbmcrm/engines';
import { StatePaths, writeJson } from '@sbmcrm/local';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCanary } from './canary-http.ts';

const secrets = { adminEmail: 'admin@sbmcrm.internal', adminPassword: 'right' } as Secrets;

let folder = '';
let paths: StatePaths;
let server: Server;
let url = '';
let requests: string[] = [];
/** Called for each request first; true: it is dealt with. */
let meddle: (request: IncomingMessage, sequence: number) => boolean = () => false;

/** A CRM with one session, `good`, and one row. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sbmcrm-canary-'));
  paths = new StatePaths(folder);
  writeJson(paths.secrets, {}, 0o600);
  requests = [];
  meddle = () => false;
  let count = 0;
  server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    requests.push(`${request.method} ${request.url}`);
    if (meddle(request, requests.length)) return;
    const answer = (status: number, value: object, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    if (request.url === '/api/v1/auth/login') {
      const { password } = JSON.parse(body) as { password: string };
      if (password !== 'right')
        return answer(401, { error: { code: 'INVALID_CREDENTIALS', message: '', details: [] } });
      return answer(200, { data: { token: 'good' } });
    }
    if (request.headers.authorization !== 'Bearer good') return answer(401, { error: { code: 'UNAUTHENTICATED' } });
    if (request.method === 'POST') {
      count += 1;
      return answer(200, { data: { count } }, { 'x-read-after': '1:0/5' });
    }
    return answer(200, { data: { count: request.headers['x-read-after'] === '1:0/5' ? count : 0 } });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const sessionFile = () => join(folder, 'secrets', 'canary-session.json');

describe('a canary over HTTP', () => {
  it('logs in once, and keeps the session for its owner alone', async () => {
    for (let look = 0; look < 2; look += 1) expect(await runCanary(url, paths, secrets)).toEqual({ ok: true });
    const look = ['POST /api/v1/canary', 'GET /api/v1/canary'];
    expect(requests).toEqual(['POST /api/v1/auth/login', ...look, ...look]);
    expect(statSync(sessionFile()).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(sessionFile(), 'utf8'))).toEqual({ token: 'good' });
  });

  it.each([
    ['that has ended', '{ "token": "old" }'],
    ['that is damaged', '{ "tok'],
    ['that is none', '{ "token": 1 }'],
  ])('takes no harm from a kept session %s', async (_what, text) => {
    writeFileSync(sessionFile(), text);
    expect(await runCanary(url, paths, secrets)).toEqual({ ok: true });
    expect(JSON.parse(readFileSync(sessionFile(), 'utf8'))).toEqual({ token: 'good' });
  });

  it('does not guess: a password that was refused is not tried again at once', async () => {
    const wrong = { ...secrets, adminPassword: 'wrong' };
    for (let look = 0; look < 3; look += 1) {
      expect(await runCanary(url, paths, wrong)).toEqual({
        ok: false,
        reason: expect.stringMatching(/401 INVALID_CREDENTIALS \(the administrator has another password/),
      });
    }
    expect(requests).toEqual(['POST /api/v1/auth/login']);
    // Another one is.
    expect(await runCanary(url, paths, secrets)).toEqual({ ok: true });
  });

  it('makes no folder for a platform that was purged meanwhile', async () => {
    rmSync(folder, { recursive: true });
    expect(await runCanary(url, paths, secrets)).toEqual({ ok: true });
    expect(statSync(folder, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('sends a call again whose connection broke, once', async () => {
    writeFileSync(sessionFile(), '{ "token": "good" }');
    const breakFirst = (times: number) => (request: IncomingMessage, sequence: number) => {
      if (sequence > times) return false;
      request.socket.destroy();
      return true;
    };
    meddle = breakFirst(1);
    expect(await runCanary(url, paths, secrets)).toEqual({ ok: true });
    requests = [];
    meddle = breakFirst(2);
    expect(await runCanary(url, paths, secrets)).toEqual({
      ok: false,
      reason: expect.stringContaining('the connection broke'),
    });
  });

  it('ends by itself when nothing is answered', async () => {
    writeFileSync(sessionFile(), '{ "token": "good" }');
    meddle = () => true;
    expect(await runCanary(url, paths, secrets)).toEqual({
      ok: false,
      reason: `a write through ${url} was not acknowledged within 2.5 s`,
    });
  });

  it('tells of a page that is not the API’s', async () => {
    writeFileSync(sessionFile(), '{ "token": "good" }');
    server.removeAllListeners('request');
    server.on('request', (_request, response) => response.writeHead(503).end('<html>'));
    expect(await runCanary(url, paths, secrets)).toEqual({
      ok: false,
      reason: `a write through ${url} was answered 503`,
    });
  });
});
