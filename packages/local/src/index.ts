export { LocalCloud } from './client.ts';
export { keepDrilled } from './drilled.ts';
export { loadMachineFirewall, renderMachineFirewall } from './firewall.ts';
export { retiredHosts } from './fleet/fleet.ts';
export { releaseDisks } from './host/disk.ts';
export { hostCpuSeconds } from './host/limits/cpu.ts';
export { limitHost, limitPlatform } from './host/limits/weight.ts';
export { RUNTIME_ROOT, Runtime, runtimeDir } from './host/runtime.ts';
export { buildImage, cachedImage, IMAGE_CACHE, type Image, type ImageRecipe, packageVersion } from './image.ts';
export { claimImage, collectImages, releaseImage } from './image-cache.ts';
export { type CloudView, inspectCloud } from './inspect.ts';
export { codeVersion } from './machine/code-version.ts';
export { type MachineCondition, machineConditions } from './machine/conditions.ts';
export { CommandError, run } from './machine/exec.ts';
export { readJson, writeFileAtomic, writeJson } from './machine/files.ts';
export { machineMemory } from './machine/memory.ts';
export { isAlive, ownIdentity, type ProcessIdentity, processStartTime, waitUntil } from './machine/process.ts';
export { installPackages, machineProblems, missingPackages } from './machine/requirements.ts';
export {
  assertNoOldBridge,
  claimRange,
  ensureSwitch,
  isSwitchWhole,
  linkNames,
  networkConflict,
  removeNetwork,
  switchLinks,
} from './network.ts';
export * from './registry.ts';
export {
  connectCloud,
  type DaemonProgram,
  daemonRecord,
  isDaemonCurrent,
  startDaemon,
  stopDaemon,
  stopOldDaemon,
} from './start-daemon.ts';
export * from './state.ts';
export { keepTaskBegun, keepTaskEnded, keepTaskNames, specOf } from './tasks.ts';
