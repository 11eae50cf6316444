import type { BackendStatus, DiskRoom, Fault, HostStatus } from '@sbmcrm/cloud';
import type { CacheStatus, DatabaseStatus, FiringAlert, HealthAnswer, RotatedPart, Silence } from '@sbmcrm/engines';
import type { MachineCondition } from '@sbmcrm/local';
import type { RefusedLogins } from '../logins/look.ts';
import type { MembersFull, MembersUp } from '../members-up.ts';
import type { Damage } from '../repair/damage.ts';
import type { ScalingStatus } from '../scaling/capacity.ts';
import type { CanaryResult } from './canary.ts';
import type { HostCopy } from './copies.ts';
import type { Servers } from './servers.ts';

/** What was seen of a platform at one moment. */
export interface Observation {
  hosts: HostStatus[];
  faults: Fault[];
  backends: BackendStatus[];
  database: DatabaseStatus;
  cache: CacheStatus;
  membersUp: MembersUp;
  membersFull?: MembersFull;
  /** Answers of API servers on the path that the load balancers check. */
  health: readonly HealthAnswer[];
  canary: CanaryResult;
  /** What database hosts put aside before they followed another primary. */
  copies?: readonly HostCopy[];
  /** What servers of the database say of themselves. */
  servers?: Servers;
  /** Room on the disks of hosts that run, by name. */
  rooms?: ReadonlyMap<string, DiskRoom>;
  /** Data that are of no use any more, as far as logs tell. */
  damages?: readonly Damage[];
  /** Why services are down, as their logs have it; by `HOST/SERVICE`. */
  words?: ReadonlyMap<string, string>;
  /** Who cannot log in where. */
  logins?: RefusedLogins;
  /** When the first of the platform's certificates ends, in milliseconds since the epoch. */
  certificatesEndMs?: number;
  /** Alerts that hold, as a Prometheus has them; missing where none answers, or none is wanted. */
  alerts?: readonly FiringAlert[];
  /** Alerts of which nobody is told for a while; missing where no Alertmanager answers, or none is wanted. */
  silences?: readonly Silence[];
  /** When Alertmanager said last that alerts work, in milliseconds since the epoch, or since when it could have. */
  alertsAliveMs?: number;
  /** How many instances are wanted; missing where they do not come and go, or nobody can tell. */
  scaling?: ScalingStatus;
  /** Ports of this machine where parts of the platform are shown, by name. */
  published?: Readonly<Record<string, number>>;
  /** What is being rotated, and was not ended. */
  rotation?: RotatedPart | undefined;
  /** The entry on 127.0.0.1 answers. */
  entryAnswers: boolean;
  /** What on the machine hurts the platform, or will soon. */
  machine?: readonly MachineCondition[];
  /** The local cloud answers; without it nothing is known of hosts. */
  cloudAnswers: boolean;
}
