export { type LoadRun, runLoadFor } from './capacity/load-run.ts';
export { keepCapacity, keptCapacity, platformCapacity, rateFor } from './capacity/platform.ts';
export { searchCapacity } from './capacity/search.ts';
export type { Drill } from './run/drill.ts';
export { allDrills, chooseDrills } from './run/registry.ts';
export { cutSession } from './run/resume.ts';
export { assertScheduled } from './run/scheduled.ts';
export { type PlannedRun, runDrills, type SessionOptions, type SessionResult } from './run/session.ts';
export { soakRuns } from './shapes/soak.ts';
