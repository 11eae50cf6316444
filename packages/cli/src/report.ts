import { CloudError } from '@sbmcrm/cloud';
import { ERRORS, EXIT, ToolError } from '@sbmcrm/errors';
import { SpecError } from '@sbmcrm/spec/spec-error';
import { type Command, CommanderError } from 'commander';

/** The code of an error, for scripts: one of the tools' own, or of the cloud's. */
function codeOf(error: unknown): string {
  return error instanceof ToolError || error instanceof CloudError ? error.code : 'FAILED';
}

/**
 * Exit code for an error, after one clear line (or one line for each problem of a spec). With `--json`, also as an object on standard
 * output.
 */
export function report(program: Command, error: unknown): number {
  // Commander has printed its own line; --help and --version end this way too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const message = error instanceof Error ? error.message : String(error);
  const isSpec = error instanceof SpecError;
  if (program.opts().json) {
    const problems = isSpec ? { problems: error.problems } : {};
    console.log(JSON.stringify({ error: { code: codeOf(error), message }, ...problems }));
  }
  // Each line of a spec's problems begins with its own place.
  console.error(isSpec ? message : `${program.name()}: ${message}`);
  if (isSpec) return EXIT.usage;
  if (process.env.SBMCRM_DEBUG && error instanceof Error) console.error(error.stack);
  return error instanceof ToolError ? ERRORS[error.code].exit : EXIT.failed;
}
