import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, parseConfig, withSecretsFile } from './config.ts';

const minimal = {
  DB_PRIMARY_HOST: 'postgres-primary.internal',
  DB_PASSWORD: 'secret-value',
  REDIS_SENTINELS: '10.77.1.70:26379, 10.77.2.70:26379',
  REDIS_MASTER_NAME: 'sbmcrm-redis',
};

const problems = (env: Record<string, string | undefined>): readonly string[] => {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('configuration', () => {
  it("has the guide's defaults", () => {
    expect(parseConfig(minimal)).toMatchObject({
      PORT: 8080,
      AGENT_PORT: 8081,
      DB_PORT: 5432,
      DB_NAME: 'sbmcrm_production',
      DB_USER: 'sbmcrm',
      DB_POOL_MAX: 20,
      DB_POOL_MIN: 5,
      DB_POOL_IDLE_TIMEOUT_MS: 30_000,
      DB_POOL_CONNECTION_TIMEOUT_MS: 2000,
      HOLD_DEADLINE_MS: 30_000,
      HOLD_QUEUE: 5000,
      DRAIN_DELAY_MS: 3000,
      DRAIN_DEADLINE_MS: 30_000,
      EXTERNAL_APIS: [],
      REDIS_SENTINELS: [
        { host: '10.77.1.70', port: 26379 },
        { host: '10.77.2.70', port: 26379 },
      ],
    });
  });

  it('reads numbers and lists, and takes an empty variable for one that is not set', () => {
    const config = parseConfig({
      ...minimal,
      PORT: '9000',
      DB_POOL_MIN: '',
      EXTERNAL_APIS: 'https://a.example/x,http://b',
    });
    expect(config.PORT).toBe(9000);
    expect(config.DB_POOL_MIN).toBe(5);
    expect(config.EXTERNAL_APIS).toEqual([
      { name: 'a.example', url: 'https://a.example/x', timeoutMs: 2000 },
      { name: 'b', url: 'http://b', timeoutMs: 2000 },
    ]);
  });

  it('takes others’ APIs with a name and a time-out, too', () => {
    const apis = [{ name: 'payments', url: 'https://a.example/x?a=1,2', timeoutMs: 500 }];
    expect(parseConfig({ ...minimal, EXTERNAL_APIS: JSON.stringify(apis) }).EXTERNAL_APIS).toEqual(apis);
  });

  it('names every bad variable in one line each, without values', () => {
    const lines = problems({ ...minimal, DB_PASSWORD: undefined, PORT: 'http', REDIS_SENTINELS: 'somewhere' });
    expect(lines.map((line) => line.split(':')[0]).sort()).toEqual(['DB_PASSWORD', 'PORT', 'REDIS_SENTINELS']);
    expect(lines).toContain('DB_PASSWORD: is not set');
    expect(lines.join()).not.toContain('somewhere');
    expect(lines.join()).not.toContain('\n');
  });

  it.each([
    ['DB_POOL_MIN', { DB_POOL_MIN: '21' }],
    ['DRAIN_DELAY_MS', { DRAIN_DELAY_MS: '30000' }],
    ['ADMIN_PASSWORD', { ADMIN_EMAIL: 'admin@example.com' }],
    ['ADMIN_EMAIL', { ADMIN_EMAIL: 'admin', ADMIN_PASSWORD: 'long-enough' }],
    ['EXTERNAL_APIS', { EXTERNAL_APIS: 'ftp://a' }],
    ['EXTERNAL_APIS', { EXTERNAL_APIS: '[{"name":"a","url":"http://a"}]' }],
    ['EXTERNAL_APIS', { EXTERNAL_APIS: '[http://a' }],
    ['HOLD_QUEUE', { HOLD_QUEUE: '-1' }],
  ])('refuses an impossible %s', (name, env) => {
    expect(problems({ ...minimal, ...env })[0]).toMatch(new RegExp(`^${name}: `));
  });
});

describe('secrets in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-config-'));
  const SECRETS_FILE = join(folder, 'secrets.json');
  afterAll(() => rmSync(folder, { recursive: true }));

  it('come before the environment’s', () => {
    writeFileSync(SECRETS_FILE, JSON.stringify({ DB_PASSWORD: 'new', DB_PASSWORD_OTHER: 'old' }));
    const { DB_PASSWORD, DB_PASSWORD_OTHER } = parseConfig(withSecretsFile({ ...minimal, SECRETS_FILE }));
    expect([DB_PASSWORD, DB_PASSWORD_OTHER]).toEqual(['new', 'old']);
  });

  it.each([
    ['no file', undefined, 'ENOENT'],
    ['half a file', '{"DB_PASSWORD":"secr', 'wants a JSON object of texts'],
    ['something else', '{"DB_PASSWORD":["secr"]}', 'wants a JSON object of texts'],
  ])('are refused in one line without a value: %s', (_what, text, reason) => {
    rmSync(SECRETS_FILE, { force: true });
    if (text !== undefined) writeFileSync(SECRETS_FILE, text);
    expect(() => withSecretsFile({ ...minimal, SECRETS_FILE })).toThrow(`SECRETS_FILE: ${SECRETS_FILE}: ${reason}`);
  });
});
