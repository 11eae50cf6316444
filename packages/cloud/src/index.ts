export type { DiskRoom, HostAccess, ProgramCall } from './access.ts';
export type { Cloud } from './cloud.ts';
export { CLOUD_ERRORS, CloudError, type CloudErrorCode } from './error.ts';
export { clearListed } from './faults/clear.ts';
export type { Fault, FaultRequest } from './faults/fault.ts';
export {
  type FaultKindInfo,
  type FaultKinds,
  type FaultOption,
  type FaultTarget,
  kindOf,
  type PlaceKind,
  type TargetForm,
} from './faults/kind.ts';
export type { Faults } from './faults/port.ts';
export { assertSensible } from './faults/request.ts';
export {
  assertKnown,
  formsText,
  hostsIn,
  type PlacedHost,
  parseTarget,
  releaseHost,
  touchedHosts,
} from './faults/target.ts';
export type { Fleet, FleetPlace, FleetView, PlaceDefinition } from './fleet.ts';
export {
  type ChildProcess,
  type Comparison,
  type Fence,
  type HostDefinition,
  type HostFile,
  type HostService,
  type HostSize,
  type HostState,
  type HostStatus,
  type Hosts,
  type ServiceStatus,
  STOP_TIMEOUT_MS,
} from './hosts.ts';
export { CONFIG_DIR, DATA_DIR } from './layout.ts';
export type { ManagedServices, RoleMove, RoleMover } from './managed.ts';
export type { BackendState, BackendStatus, Targets } from './targets.ts';
export type { TaskState, TaskStatus, Tasks } from './tasks.ts';
export type { HostUsage } from './usage.ts';
export { DISCOVERY_PATH, METRICS_PATH } from './wire/prometheus.ts';
export * from './wire/scopes.ts';
