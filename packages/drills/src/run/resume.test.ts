import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aFile, aRun } from '@sbmcrm/report/fixture';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cutSession } from './resume.ts';

let reports = '';
beforeEach(() => {
  reports = mkdtempSync(join(tmpdir(), 'sbmcrm-resume-'));
});
afterEach(() => rmSync(reports, { recursive: true, force: true }));

/** A session of these drills, of which some have run. */
function session(stamp: string, drills: string[], ran: number): void {
  const plan = drills.map((drill) => ({ drill, set: {}, seed: 1 }));
  const runs = drills.slice(0, ran).map((drill) => aRun({ drill }));
  mkdirSync(join(reports, stamp));
  writeFileSync(join(reports, stamp, 'report.json'), JSON.stringify({ ...aFile(runs), plan }));
}

describe('cutSession', () => {
  it('takes the newest one that was cut, of the drills that were named', () => {
    session('20260101T000000', ['a', 'b'], 1);
    session('20260102T000000', ['a', 'c'], 0);
    session('20260103T000000', ['a', 'b'], 2);
    mkdirSync(join(reports, '20260104T000000'));
    expect(cutSession(reports, undefined, []).folder).toBe(join(reports, '20260102T000000'));
    const { folder, file } = cutSession(reports, undefined, ['b', 'a']);
    expect(folder).toBe(join(reports, '20260101T000000'));
    expect(file.runs).toHaveLength(1);
    expect(cutSession(reports, join(reports, '20260101T000000'), []).folder).toBe(join(reports, '20260101T000000'));
  });

  it('says where it looked when there is none', () => {
    session('20260103T000000', ['a', 'b'], 2);
    expect(() => cutSession(reports, undefined, [])).toThrow(`no session in ${reports} was cut`);
    expect(() => cutSession(reports, undefined, ['a', 'b'])).toThrow(/no session of a, b in/);
    expect(() => cutSession(join(reports, 'nowhere'), undefined, [])).toThrow(/nothing to resume/);
  });
});
