import { cpuAlertTooLow, criticalAlertOff, errorAlertTooHigh, latencyAlertTooHigh } from './alerting.ts';
import { connectionsExceeded, connectionsTooMany, connectionsWithoutFallback } from './connections.ts';
import {
  asyncReplication,
  failoverDisabled,
  failoverGoal,
  hastySentinel,
  holdBeyondEntry,
  holdTooShort,
  holdWithoutRetry,
  sentinelTimeout,
} from './failover.ts';
import type { Rule } from './finding.ts';
import { gracePeriod, hastyHealthCheck, healthTimeout } from './health.ts';
import {
  cacheOneZone,
  databaseOneZone,
  instancesOneZone,
  loadBalancerOneZone,
  readReplicasOneZone,
  zoneOutsideRegion,
} from './placement.ts';
import {
  etcdEvenNumber,
  etcdMajorityOneZone,
  sentinelEvenNumber,
  sentinelMajorityOneZone,
  sentinelQuorum,
} from './quorum.ts';
import {
  backupOneRegion,
  cacheNotPersistent,
  noPointInTime,
  shortRetention,
  storageSameRegion,
  versioningOff,
} from './recovery.ts';
import {
  desiredBelowInstances,
  hastyScaleDown,
  loadOutOfReach,
  scalingFlaps,
  tooFewInstances,
  zoneLossOverload,
} from './scaling.ts';

/** Every rule, in the order of the spec's blocks. Each has an entry in docs/reference/checks.md. */
export const rules: readonly Rule[] = [
  zoneOutsideRegion,
  loadBalancerOneZone,
  healthTimeout,
  hastyHealthCheck,
  instancesOneZone,
  holdTooShort,
  holdBeyondEntry,
  tooFewInstances,
  desiredBelowInstances,
  zoneLossOverload,
  scalingFlaps,
  hastyScaleDown,
  loadOutOfReach,
  gracePeriod,
  asyncReplication,
  databaseOneZone,
  readReplicasOneZone,
  failoverDisabled,
  failoverGoal,
  holdWithoutRetry,
  connectionsExceeded,
  connectionsWithoutFallback,
  connectionsTooMany,
  cacheOneZone,
  cacheNotPersistent,
  sentinelMajorityOneZone,
  sentinelEvenNumber,
  sentinelQuorum,
  sentinelTimeout,
  hastySentinel,
  etcdMajorityOneZone,
  etcdEvenNumber,
  storageSameRegion,
  versioningOff,
  backupOneRegion,
  noPointInTime,
  shortRetention,
  criticalAlertOff,
  errorAlertTooHigh,
  cpuAlertTooLow,
  latencyAlertTooHigh,
];
