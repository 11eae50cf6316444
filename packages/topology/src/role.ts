export type HostRole = 'load-balancer' | 'api' | 'database' | 'read-replica' | 'cache' | 'quorum' | 'monitor';
