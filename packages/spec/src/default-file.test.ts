import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { leafKeys } from '../test/keys.ts';
import { checkSpec } from './checks/check-spec.ts';
import { specJsonSchema } from './json-schema.ts';
import { loadSpec } from './load.ts';
import { specSchema } from './schema.ts';

const file = join(import.meta.dirname, '../../../sbmcrm.yaml');
const text = readFileSync(file, 'utf8');

describe('sbmcrm.yaml', () => {
  it('is the defaults, written out', () => {
    expect(loadSpec(file)).toEqual(specSchema.parse({}));
  });

  it('has two findings', () => {
    expect(checkSpec(loadSpec(file)).map(({ rule }) => rule)).toEqual(['zone-loss-overload', 'async-replication']);
  });

  it('shows every key', () => {
    const document = parseDocument(text);
    const missing = leafKeys(specJsonSchema())
      .map(({ path }) => path)
      .filter((path) => !document.hasIn(path.replaceAll('[]', '.0').split('.')));
    const entries = ['name', 'url', 'timeout'].map((key) => `application.externalApis[].${key}`);
    const told = [
      ...['url', 'urlFile', 'tokenFile', 'severity'].map((key) => `webhooks[].${key}`),
      ...['to', 'from', 'server', 'encryption', 'user', 'passwordFile', 'caFile', 'severity'].map(
        (key) => `email.${key}`,
      ),
      ...['url', 'urlFile'].map((key) => `heartbeat.${key}`),
    ].map((key) => `alerts.${key}`);
    const drills = ['drill', 'at', 'rate'].map((key) => `drills.schedule[].${key}`);
    const capacity = ['at', 'min', 'max', 'desired'].map((key) => `application.autoScaling.schedule[].${key}`);
    expect(missing).toEqual([...entries, ...capacity, 'database.maxConnections', ...told, ...drills]);
    for (const shown of [
      '{ url: "https://chat.example',
      '# email: { to:',
      '[{ drill: database-host-loss, at: "0 4 * * 0", rate: 20 }]',
      '# heartbeat: {',
      '# - { at: "0 22 * * *", desired: 2 }',
    ])
      expect(text).toContain(shown);
    expect(text).toContain('# - { name: payments, url: https://payments.example/health, timeout: 1s }');
    expect(text).toContain('# maxConnections: 420');
  });

  it('names its JSON Schema for editors', () => {
    const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    expect(existsSync(join(dirname(file), schema))).toBe(true);
  });
});
