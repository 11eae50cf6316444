import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { drilledAtMs, keepDrilled } from './drilled.ts';
import { StatePaths } from './state.ts';

it('was drilled when a drill showed it, before that when the platform was made; a deleted platform stays so', () => {
  const paths = new StatePaths(mkdtempSync(join(tmpdir(), 'sbmcrm-drilled-')));
  try {
    keepDrilled(paths);
    expect(existsSync(paths.drilled)).toBe(false);
    writeFileSync(paths.platform, JSON.stringify({ createdAt: '2026-01-01T00:00:00.000Z' }));
    expect(drilledAtMs(paths)).toBe(Date.parse('2026-01-01'));
    writeFileSync(paths.drilled, '{ "at": "no time" }');
    expect(drilledAtMs(paths)).toBe(Date.parse('2026-01-01'));
    const before = Date.now();
    keepDrilled(paths);
    expect(drilledAtMs(paths)).toBeGreaterThanOrEqual(before);
  } finally {
    rmSync(paths.root, { recursive: true });
  }
});
