import { COMMANDS } from './catalog.ts';
import { runProgram } from './run-program.ts';

// Hosts' users read what is written for them, however the user's shell is set; secrets are 0600 by name.
process.umask(0o022);

await runProgram({
  name: 'sbmcrm',
  description: 'The SBM CRM platform with high availability: run it, break it, prove it.',
  commands: COMMANDS,
});
