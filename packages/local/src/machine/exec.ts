import { execFile } from 'node:child_process';

/** A command that failed: `message` is one line with the command's own last words. */
export class CommandError extends Error {
  readonly command: string;
  readonly code: number | string | null;
  readonly stderr: string;
  constructor(command: string, code: number | string | null, stderr: string) {
    const lastLine = stderr.trim().split('\n').at(-1) ?? '';
    super(`${command} failed (${code ?? 'killed'})${lastLine ? `: ${lastLine}` : ''}`);
    this.command = command;
    this.code = code;
    this.stderr = stderr;
  }
}

/**
 * Runs a command without a shell and returns its standard output.
 *
 * @param options.input written to its standard input
 * @param options.timeoutMs killed after this long (default 30 s)
 * @throws CommandError
 */
export function run(
  command: string,
  args: readonly string[],
  options: { input?: string; timeoutMs?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      {
        timeout: options.timeoutMs ?? 30_000,
        killSignal: 'SIGKILL',
        maxBuffer: 16 * 1024 * 1024,
        ...(options.env ? { env: options.env } : {}),
      },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const label = [command, ...args].join(' ');
        reject(new CommandError(label.length > 120 ? `${label.slice(0, 120)}…` : label, error.code ?? null, stderr));
      },
    );
    child.stdin?.on('error', () => {}); // the command may end without reading its input
    child.stdin?.end(options.input ?? '');
  });
}
