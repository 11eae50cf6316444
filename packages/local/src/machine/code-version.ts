import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The packages that the daemon is made of. */
const ROOT = resolve(import.meta.dirname, '../../..');

/** Changes whenever the daemon's code does: a daemon from before an upgrade is replaced. */
export function codeVersion(): string {
  const hash = createHash('sha256');
  for (const file of globSync('{local,engines,topology}/src/**/*.ts', { cwd: ROOT }).sort()) {
    if (!file.endsWith('.test.ts')) hash.update(file).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
