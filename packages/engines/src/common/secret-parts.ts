import type { Secrets } from './context.ts';

type Own = Omit<Secrets, 'also' | 'adminEmail' | 'files'>;

/** Secrets that are rotated together. */
export const SECRET_PARTS = {
  database: { about: "the application's login at the database", keys: ['postgresApplication'] },
  replication: {
    about: 'logins of followers, of Patroni, of a rewind, and of who watches',
    keys: ['postgresReplication', 'postgresRewind', 'postgresSuperuser', 'postgresMonitor'],
  },
  cache: { about: 'passwords of Redis and Sentinel', keys: ['redis', 'sentinel'] },
  cluster: {
    about: "Patroni's and Alertmanager's interfaces, and what load balancers and their witnesses sign with",
    keys: ['patroniApi', 'holder', 'alertmanager', 'relay'],
  },
  admin: { about: 'the password of the first administrator', keys: ['adminPassword'] },
  certificates: {
    about: "etcd's authority, the certificates of its members and clients, and the Alertmanagers'",
    keys: ['tls'],
  },
} as const satisfies Record<string, { about: string; keys: readonly (keyof Own)[] }>;

export type RotatedPart = keyof typeof SECRET_PARTS;
export const ROTATED_PARTS = Object.keys(SECRET_PARTS) as RotatedPart[];
