import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * All the project's tests, in the order in which a failure is cheapest to see: format and lint, types, unit tests, then
 * the platform for real. Ends with `N passed, N failed`.
 *
 *   npm test               everything
 *   npm test -- unit       without the platform (no root needed)
 */
const ROOT = resolve(import.meta.dirname, '..');
const wanted = process.argv[2] ?? 'all';
const scratch = mkdtempSync(join(tmpdir(), 'sbmcrm-test-'));
let passed = 0;
let failed = 0;

function run(title: string, args: string[]): boolean {
  console.log(`\n── ${title}`);
  const [program = '', ...rest] = args;
  const { status } = spawnSync(join(ROOT, 'node_modules/.bin', program), rest, { cwd: ROOT, stdio: 'inherit' });
  return status === 0;
}

/** A tool that says yes or no counts as one test. */
function tool(title: string, args: string[]): void {
  if (run(title, args)) passed++;
  else failed++;
}

function vitest(project: string): void {
  const report = join(scratch, `${project}.json`);
  const ok = run(`${project} tests`, [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=verbose',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  try {
    const counts = JSON.parse(readFileSync(report, 'utf8')) as { numPassedTests: number; numFailedTests: number };
    passed += counts.numPassedTests;
    failed += counts.numFailedTests;
    // A suite that breaks outside its tests (in a hook, at import) counts as a failure too.
    if (!ok && counts.numFailedTests === 0) failed++;
  } catch {
    failed++;
  }
}

try {
  tool('format and lint', ['biome', 'ci', '--colors=off', '.']);
  tool('types', ['tsc', '--noEmit']);
  vitest('unit');
  if (wanted === 'all') vitest('e2e');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
