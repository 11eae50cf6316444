export { type Capacity, findCapacity, type Step, tooMuch } from './capacity.ts';
export { DEADLINE_MS, HttpClient, type HttpRequest } from './client/http-client.ts';
export { expectedEntries, isWrite, type OperationKind } from './client/operations.ts';
export { inTurns } from './client/prepare.ts';
export { seeded } from './client/random.ts';
export { logIn } from './client/session.ts';
export type { Credentials } from './client/user.ts';
export {
  isLate,
  type Latency,
  type LoadFigures,
  latencyOf,
  loadFigures,
  MOST_LATE_SHARE,
  percentile,
  voidLoad,
} from './figures.ts';
export { clockMs, isAcknowledged, type OperationRecord, type Outcome } from './history.ts';
export { type EndedLoad, Load } from './process.ts';
export type { GeneratorFigures, LiveFigures, LoadSetting } from './protocol.ts';
export { RECENT_MS } from './recent.ts';
