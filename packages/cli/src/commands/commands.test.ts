import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** All that naming commands and their options needs: small files. */
const LIGHT = ['commander', '../program.ts', '../numbers.ts', '@sbmcrm/cloud', '@sbmcrm/local/faults'];

describe('definitions of commands', () => {
  const files = globSync('*.ts', { cwd: import.meta.dirname }).filter((file) => !file.endsWith('.test.ts'));

  it.each(files)('%s loads what its command needs only when it is called', (file) => {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8');
    const loadedAtOnce = [...text.matchAll(/^import (?!type ).*from '(.+)'/gm)].map((match) => match[1] ?? '');
    expect(loadedAtOnce.filter((name) => !LIGHT.includes(name))).toEqual([]);
    expect(text).toMatch(/load: async \(\) => \(await import\('\.\.\/handlers\//);
  });
});
