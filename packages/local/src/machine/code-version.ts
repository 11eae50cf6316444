import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Changes whenever the code of these packages does. */
export function codeVersion(packages: readonly string[]): string {
  const hash = createHash('sha256');
  const files = packages.flatMap((name) => globSync(`${name}/src/**/*.ts`, { cwd: ROOT }));
  for (const file of files.sort()) {
    if (!file.endsWith('.test.ts')) hash.update(file).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
