import { check } from './commands/check.ts';
import { demo } from './commands/demo.ts';
import { down } from './commands/down.ts';
import { drill } from './commands/drill.ts';
import { fault } from './commands/fault.ts';
import { credentials, exec, logs } from './commands/inspect.ts';
import { load } from './commands/load.ts';
import { maintenance } from './commands/maintenance.ts';
import { metrics } from './commands/metrics.ts';
import { failover, switchover } from './commands/operate.ts';
import { repair } from './commands/repair.ts';
import { report } from './commands/report.ts';
import { rotate } from './commands/rotate.ts';
import { status } from './commands/status.ts';
import { up } from './commands/up.ts';
import type { CommandDefinition } from './program.ts';

/** Every command of `sbmcrm`, in the order of its help. */
export const COMMANDS: CommandDefinition[] = [
  up,
  down,
  status,
  metrics,
  check,
  logs,
  exec,
  credentials,
  failover,
  switchover,
  repair,
  rotate,
  maintenance,
  fault,
  load,
  drill,
  report,
  demo,
];
