import { SpecError } from '@sbmcrm/spec/spec-error';
import { NetworkError } from '@sbmcrm/topology';
import { type Command, CommanderError } from 'commander';
import { EXIT, UsageError } from './exit.ts';

/** Exit code for an error, after one clear line (or one line for each problem of a spec). */
export function report(program: Command, error: unknown): number {
  // Commander has printed its own line; --help and --version end this way too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof SpecError) {
    if (program.opts().json) console.log(JSON.stringify({ problems: error.problems }));
    console.error(error.message);
    return EXIT.usage;
  }
  console.error(`${program.name()}: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env.SBMCRM_DEBUG && error instanceof Error) console.error(error.stack);
  return error instanceof UsageError || error instanceof NetworkError ? EXIT.usage : EXIT.failed;
}
