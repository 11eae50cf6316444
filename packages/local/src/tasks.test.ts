import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownIdentity, waitUntil } from './machine/process.ts';
import { StatePaths } from './state.ts';
import { keepTaskBegun, keepTaskEnded, keepTaskNames, LocalTasks, logOf, specOf } from './tasks.ts';

const DUE = '2026-11-20T04:00:00.000Z';
const LATER = '2026-11-21T04:00:00.000Z';
let paths: StatePaths;

beforeEach(() => {
  paths = new StatePaths(mkdtempSync(join(tmpdir(), 'sbmcrm-tasks-')));
  keepTaskNames(paths, ['drill', 'other']);
  // Long ago.
  const known = JSON.parse(readFileSync(paths.taskNames, 'utf8')) as { name: string }[];
  writeFileSync(paths.taskNames, JSON.stringify(known.map((each) => ({ ...each, since: '2026-01-01T00:00:00.000Z' }))));
});
afterEach(() => rmSync(paths.root, { recursive: true }));

const tasks = (...command: string[]) => new LocalTasks(paths, () => command);
const stateOf = async (of: LocalTasks, name = 'drill') => (await of.list()).find((each) => each.name === name)?.state;
const gone = (of: LocalTasks) => waitUntil(async () => (await stateOf(of)) !== 'running', 10_000, 20);

describe('a task', () => {
  it('begins once for each time, whoever asks again', async () => {
    const marks = join(paths.root, 'marks');
    const of = tasks('/bin/sh', '-c', `echo begun >> ${marks}; sleep 20`);
    const began = await of.run('drill', DUE);
    try {
      expect(began).toMatchObject({ name: 'drill', due: DUE, state: 'running', endedAt: null });
      for (const due of [DUE, '2026-11-19T04:00:00.000Z'])
        expect(await new LocalTasks(paths, () => []).run('drill', due)).toMatchObject({ due: DUE, state: 'running' });
      await expect(of.run('other', DUE)).rejects.toMatchObject({ code: 'TASK_BUSY', status: 409 });
      await expect(of.run('drill', LATER)).rejects.toMatchObject({ code: 'TASK_BUSY' });
      await waitUntil(() => readFileSync(marks, { encoding: 'utf8', flag: 'a+' }) !== '', 10_000, 20);
      expect(readFileSync(marks, 'utf8')).toBe('begun\n');
    } finally {
      const { process: own } = JSON.parse(readFileSync(join(paths.tasks, 'drill.json'), 'utf8'));
      process.kill(-own.pid, 'SIGKILL');
    }
  });

  it('is what it says itself, lost where it says nothing, and its words are its owner’s', async () => {
    const of = tasks('/bin/sh', '-c', 'echo words');
    await of.run('drill', DUE);
    await gone(of);
    expect(await stateOf(of)).toBe('lost');
    keepTaskEnded(paths, 'drill', LATER, { passed: true, text: 'of another run' });
    expect(await stateOf(of)).toBe('lost');
    keepTaskEnded(paths, 'drill', DUE, { passed: true, text: 'well' });
    expect(await of.list()).toEqual([expect.objectContaining({ state: 'passed', text: 'well' })]);
    expect(readFileSync(logOf(paths, 'drill'), 'utf8')).toBe('words\n');
    expect(statSync(logOf(paths, 'drill')).mode & 0o777).toBe(0o600);
    await of.run('drill', LATER);
    expect((await of.list())[0]?.due).toBe(LATER);
  });

  it('that somebody runs by hand is known like one of the schedule, unless it is an older one', async () => {
    keepTaskBegun(paths, 'drill', LATER, { pid: process.pid, startTime: 0 });
    keepTaskBegun(paths, 'drill', DUE, { pid: process.pid, startTime: 0 });
    keepTaskEnded(paths, 'drill', LATER, { passed: false, text: 'ill' });
    expect(await tasks().list()).toEqual([expect.objectContaining({ due: LATER, state: 'failed', text: 'ill' })]);
  });

  it('that runs is not begun by hand beside it', async () => {
    const of = tasks('/bin/sh', '-c', 'sleep 20');
    await of.run('drill', DUE);
    const { process: own } = JSON.parse(readFileSync(join(paths.tasks, 'drill.json'), 'utf8'));
    try {
      expect(() => keepTaskBegun(paths, 'drill', LATER, ownIdentity())).toThrow(`runs already, in process ${own.pid}`);
      keepTaskBegun(paths, 'drill', DUE, own);
      expect(await stateOf(of)).toBe('running');
    } finally {
      process.kill(-own.pid, 'SIGKILL');
    }
  });

  it('missed nothing before the schedule had it, or had it again', async () => {
    keepTaskNames(paths, []);
    keepTaskNames(paths, ['drill']);
    expect(await tasks('/bin/true').run('drill', LATER)).toBeNull();
    expect(await tasks().list()).toEqual([]);
  });

  it('is not held up by what a clock ran that was ahead', async () => {
    keepTaskBegun(paths, 'drill', new Date(Date.now() + 90 * 86_400_000).toISOString(), ownIdentity());
    const { process: _p, ...ahead } = JSON.parse(readFileSync(join(paths.tasks, 'drill.json'), 'utf8'));
    writeFileSync(join(paths.tasks, 'drill.json'), JSON.stringify(ahead));
    expect((await tasks('/bin/true').run('drill', DUE))?.due).toBe(DUE);
    keepTaskEnded(paths, 'drill', DUE, { passed: true, text: 'well' });
    expect(await stateOf(tasks())).toBe('passed');
  });

  it.each([
    ['that is none of the schedule', 'third', DUE, 'UNKNOWN_TASK'],
    ['whose time has not come', 'drill', new Date(Date.now() + 3_600_000).toISOString(), 'VALIDATION'],
  ])('%s does not begin', async (_what, name, due, code) => {
    await expect(tasks('/bin/true').run(name, due)).rejects.toMatchObject({ code });
    expect(await tasks().list()).toEqual([]);
  });

  it('that cannot be started says why', async () => {
    const of = tasks('/no/such/program');
    await of.run('drill', DUE);
    await waitUntil(async () => (await stateOf(of)) === 'failed', 10_000, 20);
    expect((await of.list())[0]?.text).toContain('ENOENT');
  });

  it('goes with its entry of the schedule', async () => {
    const of = tasks('/bin/true');
    await of.run('drill', DUE);
    await gone(of);
    writeFileSync(logOf(paths, 'drill'), 'words');
    writeFileSync(specOf(paths, 'drill'), '{}');
    keepTaskNames(paths, ['other']);
    expect(await of.list()).toEqual([]);
    for (const file of [logOf, specOf]) expect(() => statSync(file(paths, 'drill'))).toThrow();
  });
});
