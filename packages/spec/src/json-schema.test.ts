import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { leafKeys } from '../test/keys.ts';
import { knownKeys, specJsonSchema } from './json-schema.ts';

const committed = JSON.parse(readFileSync(join(import.meta.dirname, '../sbmcrm.schema.json'), 'utf8'));

describe('sbmcrm.schema.json', () => {
  it('is up to date (npm run schema -w @sbmcrm/spec)', () => {
    expect(committed).toEqual(specJsonSchema());
  });

  it('explains every key', () => {
    expect(leafKeys(committed).filter(({ schema }) => !schema.description)).toEqual([]);
  });

  describe('as an editor applies it', () => {
    const schema = z.fromJSONSchema(committed);
    const written = parse(readFileSync(join(import.meta.dirname, '../../../sbmcrm.yaml'), 'utf8'));

    it.each<[what: string, spec: unknown, good: boolean]>([
      ['the default file', written, true],
      ['nothing at all', {}, true],
      ['an unknown key', { databse: {} }, false],
      ['a number without its unit', { database: { leaseTtl: 20 } }, false],
      ['a wrong choice', { database: { replicationMode: 'asynch' } }, false],
      ['the witness zone for the database', { database: { primary: { zone: 'c' } } }, false],
    ])('%s', (_, spec, good) => {
      expect(schema.safeParse(spec).success).toBe(good);
    });
  });
});

it('knows the keys of blocks and of list entries', () => {
  expect(knownKeys(committed, ['quorum'])).toEqual(['zones', 'size']);
  expect(knownKeys(committed, ['application', 'instances', 3])).toEqual(['name', 'zone']);
  expect(knownKeys(committed, ['nowhere', 'near'])).toEqual([]);
});
