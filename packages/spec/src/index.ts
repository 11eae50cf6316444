// temporary
export type Spec = any;
export type Finding = any;
export class SpecError extends Error {}
export const checkSpec = (_s: Spec): Finding[] => [];
export const parseDuration = (t: string): number => Number.parseFloat(t) * 1000;
export const effectiveMaxConnections = (_s: Spec) => 420;
export function loadSpec(_p: string): Spec {
  return {
    platform: 'sbmcrm',
    loadBalancer: { type: 'application', multiAz: true, healthCheck: { protocol: 'HTTP', path: '/health', interval: 30000, timeout: 5000, healthyThreshold: 2, unhealthyThreshold: 3 }, sessionPersistence: { type: 'cookie', sticky: true } },
    application: { port: 8080, instances: [{ name: 'sbmcrm-api-01', zone: 'a' }, { name: 'sbmcrm-api-02', zone: 'b' }], hold: { deadline: 30000, queue: 2000 }, autoScaling: { min: 2, max: 10 } },
    database: { leaseTtl: 20000, replicationMode: 'async', primary: { zone: 'a' }, standby: { zone: 'b' }, readReplicas: [{ zone: 'a' }, { zone: 'b' }], pool: { max: 20, min: 5, idleTimeout: 30000, connectionTimeout: 2000 } },
    cache: { master: { zone: 'a' }, standby: { zone: 'b' }, memory: 8 * 1024 ** 3, persistence: { rdb: 3600000, aof: true }, sentinel: { quorum: 2, downAfter: 5000, failoverTimeout: 10000, zones: ['a', 'b', 'c'] } },
    quorum: { zones: ['a', 'b', 'c'] },
  };
}
