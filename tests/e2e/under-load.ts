import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from './cli.ts';
import { shared } from './platform.ts';

/** Does something while the shared platform is sent twenty requests a second, and expects that none of them fails or is refused. */
export async function underLoad<T>(task: () => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-load-'));
  const history = join(folder, 'history.jsonl');
  const load = shared.start('load', '--rate', '20', '--for', '20m', '--json', '--history', history);
  try {
    await eventually('the load has begun', async () => (statSync(history, { throwIfNoEntry: false })?.size ?? 0) > 0);
    const result = await task();
    load.kill('SIGINT');
    await load.ended;
    const { sent, failed, refused, ends } = JSON.parse(load.stdout);
    expect({ failed, refused, ends }).toEqual({ failed: 0, refused: 0, ends: {} });
    // How many depends on how fast the machine is.
    expect(sent).toBeGreaterThan(0);
    return result;
  } finally {
    load.kill('SIGINT');
    await load.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}
