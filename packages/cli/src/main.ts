import { Command } from 'commander';
import { registerCheck } from './commands/check.ts';
import { registerDemo } from './commands/demo.ts';
import { registerDown } from './commands/down.ts';
import { registerDrill } from './commands/drill.ts';
import { registerFault } from './commands/fault.ts';
import { registerInspect } from './commands/inspect.ts';
import { registerOperate } from './commands/operate.ts';
import { registerStatus } from './commands/status.ts';
import { registerUp } from './commands/up.ts';
import { report } from './report.ts';

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
    registerDrill,
    registerDemo,
  ]) {
    register(program);
  }
  return program;
}

const program = createProgram();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(program, error);
}
// Open keep-alive connections of the last calls must not hold the command back.
process.exit();
