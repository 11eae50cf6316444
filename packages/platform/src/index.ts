export { openAsApplied, openWithApplied } from './applied.ts';
export { down, dryRunDown } from './down.ts';
export { type DownStep, downPlanText } from './down-plan.ts';
export { hostImage } from './image.ts';
export { connectInside } from './inside/database.ts';
export { moveCache, moveDatabase } from './operate/index.ts';
export { holdFailover, releaseFailover } from './operate/maintenance.ts';
export type { OperationResult } from './operate/move.ts';
export { Interrupted, type Progress } from './progress.ts';
export { type Repair, repair } from './repair/index.ts';
export { type Rotated, rotate } from './rotate/index.ts';
export { awaitCapacity, readScaling, type ScalingStatus, scalingLeader, setCapacity } from './scaling/capacity.ts';
export { readSecrets } from './secrets.ts';
export {
  apiUrl,
  observeDatabase,
  type PlatformStatus,
  type Problem,
  platformStatus,
  StatusReader,
} from './status.ts';
export { dryRun, type UpResult, up } from './up/index.ts';
export type { Step } from './up/plan.ts';
export { planText } from './up/steps-text.ts';
export {
  CODE_ROOT,
  folderOf,
  openCloud,
  openPlatform,
  openWorkspace,
  type Platform,
  type PlatformCloud,
  type Workspace,
} from './workspace.ts';
