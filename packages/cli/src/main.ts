import { check } from './commands/check.ts';
import { demo } from './commands/demo.ts';
import { down } from './commands/down.ts';
import { drill } from './commands/drill.ts';
import { fault } from './commands/fault.ts';
import { credentials, exec, logs } from './commands/inspect.ts';
import { load } from './commands/load.ts';
import { failover, switchover } from './commands/operate.ts';
import { report } from './commands/report.ts';
import { status } from './commands/status.ts';
import { up } from './commands/up.ts';
import { runProgram } from './run-program.ts';

// Hosts' users read what is written for them, however the user's shell is set; secrets are 0600 by name.
process.umask(0o022);

await runProgram({
  name: 'sbmcrm',
  description: 'The SBM CRM platform with high availability: run it, break it, prove it.',
  commands: [up, down, status, check, logs, exec, credentials, failover, switchover, fault, load, drill, report, demo],
});
