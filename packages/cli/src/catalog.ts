import { check } from './commands/check.ts';
import { dashboard } from './commands/dashboard.ts';
import { demo } from './commands/demo.ts';
import { down } from './commands/down.ts';
import { drill } from './commands/drill.ts';
import { events } from './commands/events.ts';
import { fault } from './commands/fault.ts';
import { credentials, exec, logs } from './commands/inspect.ts';
import { load } from './commands/load.ts';
import { maintenance } from './commands/maintenance.ts';
import { metrics } from './commands/metrics.ts';
import { failover, switchover } from './commands/operate.ts';
import { repair } from './commands/repair.ts';
import { report } from './commands/report.ts';
import { rotate } from './commands/rotate.ts';
import { scale } from './commands/scale.ts';
import { schedule } from './commands/schedule.ts';
import { silence } from './commands/silence.ts';
import { slo } from './commands/slo.ts';
import { status } from './commands/status.ts';
import { up } from './commands/up.ts';
import type { CommandDefinition } from './program.ts';
import { recorded } from './recorded.ts';

/** Every command of `sbmcrm`, in the order of its help. */
export const COMMANDS: CommandDefinition[] = [
  recorded(up),
  recorded(down),
  status,
  metrics,
  slo,
  dashboard,
  events,
  recorded(silence, 'list'),
  check,
  logs,
  exec,
  credentials,
  recorded(failover),
  recorded(switchover),
  recorded(repair),
  recorded(rotate),
  recorded(maintenance),
  recorded(scale),
  fault,
  load,
  recorded(drill, 'list'),
  recorded(schedule, 'list'),
  report,
  demo,
];
