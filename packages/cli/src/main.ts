import { SpecError } from '@sbmcrm/spec';
import { NetworkError } from '@sbmcrm/topology';
import { Command, CommanderError } from 'commander';
import { registerCheck } from './commands/check.ts';
import { registerDown } from './commands/down.ts';
import { registerFault } from './commands/fault.ts';
import { registerInspect } from './commands/inspect.ts';
import { registerOperate } from './commands/operate.ts';
import { registerStatus } from './commands/status.ts';
import { registerUp } from './commands/up.ts';
import { EXIT, UsageError } from './context.ts';

function createProgram(): Command {
  const program = new Command('sbmcrm')
    .description('The SBM CRM platform with high availability: run it, break it, prove it.')
    .option('--spec <file>', 'the desired system (default sbmcrm.yaml)')
    .option('--state <dir>', 'where the platform keeps its state (default .sbmcrm beside the spec)')
    .option('--json', 'print the result as JSON')
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  for (const register of [
    registerUp,
    registerDown,
    registerStatus,
    registerCheck,
    registerInspect,
    registerOperate,
    registerFault,
  ]) {
    register(program);
  }
  return program;
}

/** Exit code for an error, after one clear line (or one line for each problem of a spec). */
function report(error: unknown): number {
  // Commander has printed its own line; --help and --version end this way too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof SpecError) {
    if (program.opts().json) console.log(JSON.stringify({ problems: error.problems }));
    console.error(error.message);
    return EXIT.usage;
  }
  console.error(`sbmcrm: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env.SBMCRM_DEBUG && error instanceof Error) console.error(error.stack);
  return error instanceof UsageError || error instanceof NetworkError ? EXIT.usage : EXIT.failed;
}

const program = createProgram();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
// Open keep-alive connections of the last calls must not hold the command back.
process.exit();
