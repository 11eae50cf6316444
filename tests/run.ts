import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

/**
 * All the project's tests: format and lint, types and unit tests at the same time, while the image of hosts is built and the
 * platform comes up; then the tests on it, and at first beside them those that do not need it. Ends with the slowest tests and `N passed, N failed`.
 *
 *   npm test               everything
 *   npm test -- unit       without the platform (no root needed)
 *   npm test -- long       everything, and what takes minutes
 */
const ROOT = resolve(import.meta.dirname, '..');
const SLOWEST = 10;

interface Outcome {
  ok: boolean;
  output: string;
}
/** The part of Vitest's JSON report that counts here. */
interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { name: string; assertionResults: { fullName: string; duration?: number | null }[] }[];
}

const wanted = process.argv[2] ?? 'all';
const scratch = mkdtempSync(join(tmpdir(), 'sbmcrm-test-'));
const times: { name: string; seconds: number }[] = [];
let passed = 0;
let failed = 0;

/** @param shown when it has resolved, what the tool said and says is printed; without it, the caller prints it at the end */
function run(args: string[], shown?: Promise<void>): Promise<Outcome> {
  const [program = '', ...rest] = args;
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const env = { ...process.env, ...(shown ? colour : {}) };
  const child = spawn(join(ROOT, 'node_modules/.bin', program), rest, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  let output = '';
  let isLive = false;
  const goLive = shown?.then(() => {
    isLive = true;
    process.stdout.write(output);
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (data: string) => {
      if (isLive) process.stdout.write(data);
      else output += data;
    });
  }
  return new Promise((done) => {
    const end = (outcome: Outcome) => (goLive ?? Promise.resolve()).then(() => done(outcome));
    child.on('error', (error) => end({ ok: false, output: `${output}${error.message}\n` }));
    child.on('close', (code) => end({ ok: code === 0, output }));
  });
}

function show(title: string, { output }: Outcome): void {
  console.log(`\n── ${title}`);
  process.stdout.write(output);
}

/** A tool that says yes or no counts as one test. */
function countTool(title: string, outcome: Outcome): void {
  show(title, outcome);
  if (outcome.ok) passed++;
  else failed++;
}

function vitest(project: string, shown?: Promise<void>): Promise<Outcome> {
  const reporters = ['--reporter=verbose', '--reporter=json', `--outputFile.json=${join(scratch, project)}`];
  return run(['vitest', 'run', '--project', project, ...reporters], shown);
}

function countTests(project: string, ok: boolean): void {
  try {
    const report = JSON.parse(readFileSync(join(scratch, project), 'utf8')) as VitestReport;
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    // A suite that breaks outside its tests (in a hook, at import) counts as a failure too.
    if (!ok && report.numFailedTests === 0) failed++;
    for (const { name, assertionResults } of report.testResults) {
      for (const { fullName, duration } of assertionResults) {
        times.push({ name: `${relative(ROOT, name)}: ${fullName}`, seconds: (duration ?? 0) / 1000 });
      }
    }
  } catch {
    failed++;
  }
}

try {
  if (wanted === 'long') process.env.SBMCRM_LONG = '1';
  let showPlatform = () => {};
  const before = new Promise<void>((resolve) => {
    showPlatform = resolve;
  });
  const isWhole = wanted !== 'unit';
  // Its image of hosts takes a minute of one core: meanwhile there is time for the rest.
  const platform = isWhole ? vitest('e2e', before) : undefined;
  const [lint, types, unit] = await Promise.all([
    run(['biome', 'ci', '--colors=off', '.']),
    run(['tsc', '--noEmit']),
    vitest('unit'),
  ]);
  countTool('format and lint', lint);
  countTool('types', types);
  show('unit tests', unit);
  countTests('unit', unit.ok);
  // The shared platform boots now, and its first tests wait more than they work.
  const beside = isWhole ? vitest('beside') : undefined;
  if (platform && beside) {
    console.log('\n── e2e tests');
    showPlatform();
    countTests('e2e', (await platform).ok);
    show('e2e tests beside them', await beside);
    countTests('beside', (await beside).ok);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

console.log('\n── slowest tests');
for (const { name, seconds } of times.sort((x, y) => y.seconds - x.seconds).slice(0, SLOWEST)) {
  console.log(`${seconds.toFixed(1).padStart(7)} s  ${name}`);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
