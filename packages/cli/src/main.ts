import { check } from './commands/check.ts';
import { demo } from './commands/demo.ts';
import { down } from './commands/down.ts';
import { drill } from './commands/drill.ts';
import { fault } from './commands/fault.ts';
import { credentials, exec, logs } from './commands/inspect.ts';
import { load } from './commands/load.ts';
import { failover, switchover } from './commands/operate.ts';
import { status } from './commands/status.ts';
import { up } from './commands/up.ts';
import { createProgram } from './program.ts';
import { report } from './report.ts';

// Hosts' users read what is written for them, however the user's shell is set; secrets are 0600 by name.
process.umask(0o022);

const program = createProgram({
  name: 'sbmcrm',
  description: 'The SBM CRM platform with high availability: run it, break it, prove it.',
  commands: [up, down, status, check, logs, exec, credentials, failover, switchover, fault, load, drill, demo],
});
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(program, error);
}
// Open keep-alive connections of the last calls must not hold the command back.
process.exit();
