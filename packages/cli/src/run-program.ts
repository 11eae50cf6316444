import { type CommandDefinition, createProgram } from './program.ts';
import { report } from './report.ts';

/** Runs the command that this process was started with, and ends the process with its exit code. */
export async function runProgram(definition: CommandDefinition): Promise<never> {
  const program = createProgram(definition);
  // Whoever reads it has enough, as `head` has.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(program, error);
  }
  // Open keep-alive connections of the last calls must not hold the command back.
  process.exit();
}
