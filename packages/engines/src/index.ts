export { PEER_NAME } from './alertmanager/peers.ts';
export { addressOf } from './alertmanager/routes.ts';
export { type Matcher, type Silence, Silencer } from './alertmanager/silences.ts';
export { apiEnvironment, apiService } from './api/config.ts';
export { CACHE_CHECK, type HealthAnswer, probeHealth } from './api/probe.ts';
export { ENGINES, enginesOf, imageRecipe } from './catalog.ts';
export * from './common/context.ts';
export { type DamageCheck, type Engine, type MemberCheck, STOP_WAVES } from './common/engine.ts';
export * from './common/secret-parts.ts';
export * from './etcd/certificates.ts';
export * from './etcd/config.ts';
export { etcdLeader, etcdMemberHealthy } from './etcd/probe.ts';
export { forgetMemberScript, replaceMember } from './etcd/replace.ts';
export { type Attached, BackendRegistry, reconcileCommands } from './haproxy/backends.ts';
export * from './haproxy/config.ts';
export * from './haproxy/operate.ts';
export * from './haproxy/probe.ts';
export * from './host.ts';
export * from './keepalived/config.ts';
export { PROMOTION_FILE } from './postgres/bootstrap.ts';
export * from './postgres/config.ts';
export { type CopyProgress, copyProgress, waitsForTurn } from './postgres/copy.ts';
export { forgetLead, isBarred, isByHand, letLead } from './postgres/hold/by-hand.ts';
export * from './postgres/hold/maintenance.ts';
export * from './postgres/inside.ts';
export * from './postgres/names.ts';
export * from './postgres/operate.ts';
export * from './postgres/probe.ts';
export {
  FORGET_REPLACED_SCRIPT,
  REBUILD_REFUSED,
  REPLACED_FILE,
  REPLACES,
  replaceServerScript,
  SERVER_SIZE_SCRIPT,
} from './postgres/rebuild.ts';
export { ASIDE_FILE, type CopyAside, parseCopies } from './postgres/rewind.ts';
export * from './postgres/roles.ts';
export { alertKey, type FiringAlert, firingAlerts, together } from './prometheus/firing.ts';
export { prometheusReady, prometheusUrl } from './prometheus/probe.ts';
export * from './redis/config.ts';
export { RedisConnections, type RunOnRedis } from './redis/connection.ts';
export { putAsideScript } from './redis/damage.ts';
export * from './redis/logins.ts';
export * from './redis/names.ts';
export * from './redis/operate.ts';
export * from './redis/probe.ts';
export { scalingKeys } from './scaling/config.ts';
