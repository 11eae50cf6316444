import { spawn } from 'node:child_process';
import type { ProgramCall } from '@sbmcrm/cloud';

/** Runs a command with this process' terminal and ends with its exit code. */
export function passThrough({ program, args }: ProgramCall): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    process.on('SIGINT', () => {}); // the child gets it from the terminal too, and decides
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal ? 130 : 1);
      resolve();
    });
  });
}
