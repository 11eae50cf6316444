import type { HostAccess } from './access.ts';
import type { Faults } from './faults/port.ts';
import type { Fleet } from './fleet.ts';
import type { Hosts } from './hosts.ts';
import type { ManagedServices } from './managed.ts';
import type { Targets } from './targets.ts';
import type { Tasks } from './tasks.ts';

/**
 * What a provider of hosts offers: the counterpart of a cloud's API. Controllers, drills and the CLI use only this, so that another
 * provider can stand in.
 */
export interface Cloud extends Hosts, Targets, Faults {
  readonly access: HostAccess;
  /** Missing: all services are engines inside hosts. */
  readonly managed?: ManagedServices;
  /** Missing: nothing runs at set times there. */
  readonly tasks?: Tasks;
  /** Missing: no host comes or goes by itself there. */
  readonly fleet?: Fleet;
}
