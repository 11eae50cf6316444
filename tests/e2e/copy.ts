import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './cli.ts';
import { COPY } from './platform.ts';

/** All that is the project's: what git would take, and the packages. Links between rooms lead into the copy. */
export function copyProject(): void {
  rmSync(COPY, { recursive: true, force: true });
  const listed = execFileSync('git', ['-C', PROJECT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  for (const path of listed.toString().split('\0').filter(Boolean)) cpSync(join(PROJECT, path), join(COPY, path));
  execFileSync('cp', ['-a', join(PROJECT, 'node_modules'), COPY]);
}
