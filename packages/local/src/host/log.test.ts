import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StatePaths } from '../state.ts';
import { logCommand } from './log.ts';

const OLD = '@400000006b08d6b7395fc844.u';
const FULL = '@400000006b08d6b7395fc800.s';
let state = '';
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'sbmcrm-log-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

/** The words of the command for what a host has in its log folder. */
function words(services: string[], isNamed = false, follow = false): string {
  const options = { lines: 10, follow, isNamed };
  const call = logCommand(new StatePaths(state).host('api'), '/image', services, false, options);
  return call ? [call.program, ...call.args].join(' ') : '';
}

it('prints of one service also what it said before its host was stopped, in order; of a link it prints nothing', () => {
  const { log } = new StatePaths(state).host('api');
  mkdirSync(join(log, 'api'), { recursive: true });
  expect(words(['api'])).toBe('');
  for (const name of ['current', OLD, FULL]) writeFileSync(join(log, 'api', name), 'x\n');
  symlinkSync('/etc/shadow', join(log, 'api', '@400000006b08d6b7395fc7ff.s'));
  writeFileSync(join(log, 'api', '@; reboot'), '');
  expect(words(['api'])).toContain(`cat api/${FULL} api/${OLD} | tail -n "$left"; exec "$@"' sh "$@"`);
  expect(words(['api'])).toMatch(/ tail -n 10 api\/current$/);
  expect(words(['api'], true)).toMatch(new RegExp(` tail -v -n 10 api/${FULL} api/${OLD} api/current$`));
  // It ends with this process, also when that is killed.
  expect(words(['api'], false, true)).toMatch(new RegExp(` tail -n 10 -F --pid=${process.pid} api/current$`));
  mkdirSync(join(log, 'router'));
  writeFileSync(join(log, 'router/current'), '');
  expect(words(['api', 'router'])).not.toContain(OLD);
  expect(words(['api', 'router'])).toMatch(/ tail -n 10 api\/current router\/current$/);
});
