import type { Topology } from '@sbmcrm/topology';
import { DATA_DIR } from '../common/context.ts';

/** The service that decides what a database host's server is, and holds the lease. */
export const DATABASE_AGENT = 'patroni';
/** What it starts and ends. */
export const DATABASE_SERVER = 'postgres';
export const CLUSTER_NAME = 'sbmcrm-postgresql';
/** The key in etcd that its primary holds by a lease. */
export const leaderKey = ({ platform }: Pick<Topology, 'platform'>) => `/${platform}/${CLUSTER_NAME}/leader`;
export const DATABASE_NAME = 'sbmcrm_production';
export const DATABASE_USER = 'sbmcrm';
/** The cluster's own roles: Patroni's, those of followers, and of one that is rewound. */
export const SUPERUSER = 'postgres';
export const REPLICATION_USER = 'replicator';
export const REWIND_USER = 'rewind';
/** Reads statistics, and nothing else. */
export const MONITOR_USER = 'monitor';
export const PATRONI_API_USER = 'patroni';
/** Where PostgreSQL's own programs are, inside a host. */
export const BIN_DIR = '/usr/lib/postgresql/17/bin';
export const PG_DATA = `${DATA_DIR}/postgres/main`;
/** Where PostgreSQL's Unix socket is, inside a host. */
export const PG_SOCKET_DIR = '/run/postgresql';
