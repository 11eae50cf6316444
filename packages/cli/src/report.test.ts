import { CloudError } from '@sbmcrm/cloud';
import { ToolError } from '@sbmcrm/errors';
import { parseSpec } from '@sbmcrm/spec';
import type { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from './exit.ts';
import { report } from './report.ts';

const program = (json: boolean) => ({ name: () => 'sbmcrm', opts: () => ({ json }) }) as unknown as Command;

/** What is said of an error, with `--json` or without. */
function said(error: unknown, json = true): { exit: number; out: unknown; line: string } {
  const out: string[] = [];
  const line: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((text: string) => void out.push(text));
  vi.spyOn(console, 'error').mockImplementation((text: string) => void line.push(text));
  const exit = report(program(json), error);
  return { exit, out: out[0] === undefined ? undefined : JSON.parse(out[0]), line: line.join('\n') };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('report', () => {
  it.each<[unknown, number, string]>([
    [new UsageError('--rate: no'), 2, 'USAGE'],
    [new ToolError('STATE_LOCKED', 'in use'), 1, 'STATE_LOCKED'],
    [new CloudError('UNKNOWN_HOST', 'no host'), 1, 'UNKNOWN_HOST'],
    [new Error('what nobody thought of'), 1, 'FAILED'],
  ])('says %s in one line, and to scripts by its code', (error, exit, code) => {
    const { message } = error as Error;
    expect(said(error)).toEqual({ exit, out: { error: { code, message } }, line: `sbmcrm: ${message}` });
    expect(said(error, false)).toEqual({ exit, out: undefined, line: `sbmcrm: ${message}` });
  });

  it('lists the problems of a spec', () => {
    let error: unknown;
    try {
      parseSpec('platform: x\nzonse: {}\n', 'x.yaml');
    } catch (thrown) {
      error = thrown;
    }
    const { exit, out, line } = said(error);
    expect(exit).toBe(2);
    expect(out).toMatchObject({ error: { code: 'BAD_SPEC' }, problems: [{ path: 'zonse', line: 2 }] });
    expect(line).toMatch(/^x\.yaml:2:1 zonse: /);
  });
});
