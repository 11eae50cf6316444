import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Secrets } from '@sbmcrm/engines';
import { callHttp, type HttpCall } from '@sbmcrm/http';
import { readJson, type StatePaths, writeJson } from '@sbmcrm/local';
import {
  CANARY_MS,
  type CanaryAnswer,
  type CanaryCall,
  type CanaryResult,
  checkCanary,
  type KeptSession,
} from './canary.ts';

const PATHS: Record<CanaryCall['step'], string> = {
  login: '/api/v1/auth/login',
  write: '/api/v1/canary',
  read: '/api/v1/canary',
};

/** A password that was refused is tried again after so long: the CRM locks an account at which many guess. */
const REFUSED_MS = 60_000;

interface Kept {
  token?: unknown;
  /** Of a password that was refused. */
  refused?: unknown;
  atMs?: unknown;
}

/** The session that all commands share, beside the secrets, and whether its login was refused. Of several that log in at once the last one's is kept. */
function keptSession(paths: StatePaths, password: string): KeptSession & { isRefused(): boolean; refuse(): void } {
  const file = join(dirname(paths.secrets), 'canary-session.json');
  const hash = createHash('sha256').update(password).digest('hex');
  const read = (): Kept => {
    try {
      return readJson<Kept>(file) ?? {};
    } catch {
      return {}; // damaged: as good as none
    }
  };
  const keep = (kept: Kept) => {
    try {
      // A platform that was purged meanwhile gets no new folder.
      if (existsSync(paths.secrets)) writeJson(file, kept, 0o600);
    } catch {
      // no room: the next one logs in again
    }
  };
  return {
    read: () => {
      const { token } = read();
      return typeof token === 'string' ? token : undefined;
    },
    keep: (token) => keep({ token }),
    isRefused: () => {
      const { refused, atMs } = read();
      return refused === hash && typeof atMs === 'number' && Math.abs(Date.now() - atMs) < REFUSED_MS;
    },
    refuse: () => keep({ refused: hash, atMs: Date.now() }),
  };
}

function request(call: CanaryCall, { adminEmail, adminPassword }: Secrets): Omit<HttpCall, 'signal'> {
  switch (call.step) {
    case 'login':
      return {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
        body: JSON.stringify({ email: adminEmail, password: adminPassword }),
      };
    case 'write':
      // With a key the load balancer asks another server when one dies, as it does for every write of a careful client.
      return {
        method: 'POST',
        headers: { authorization: `Bearer ${call.token}`, 'idempotency-key': randomUUID() },
      };
    case 'read':
      return {
        headers: {
          authorization: `Bearer ${call.token}`,
          ...(call.readAfter === undefined ? {} : { 'x-read-after': call.readAfter }),
        },
      };
  }
}

async function send(url: string, call: HttpCall): Promise<CanaryAnswer> {
  const { status, headers, text } = await callHttp(url, call);
  let body: { data?: { token?: string; count?: number }; error?: { code?: string } } = {};
  try {
    body = JSON.parse(text) ?? {};
  } catch {
    // a page of the load balancer's own
  }
  const readAfter = headers['x-read-after'];
  return { status, ...body.error, ...body.data, ...(typeof readAfter === 'string' ? { readAfter } : {}) };
}

/**
 * Runs a canary through the public entry, within {@link CANARY_MS}.
 *
 * @param url of the entry
 */
export function runCanary(url: string, paths: StatePaths, secrets: Secrets): Promise<CanaryResult> {
  const signal = AbortSignal.timeout(CANARY_MS);
  const session = keptSession(paths, secrets.adminPassword);
  const ask = async (call: CanaryCall): Promise<CanaryAnswer> => {
    const once = () => send(`${url}${PATHS[call.step]}`, { ...request(call, secrets), signal });
    try {
      // A server that has just gone, or an address that moves, breaks connections: a client tries again on a new one.
      return await once().catch((error: unknown) => {
        if (signal.aborted) throw error;
        return once();
      });
    } catch {
      return signal.aborted ? 'silent' : 'broken';
    }
  };
  const exchange = async (call: CanaryCall): Promise<CanaryAnswer> => {
    if (call.step !== 'login') return ask(call);
    if (session.isRefused()) return { status: 401, code: 'INVALID_CREDENTIALS' };
    const answer = await ask(call);
    if (typeof answer === 'object' && answer.status === 401) session.refuse();
    return answer;
  };
  return checkCanary(url, exchange, session);
}
