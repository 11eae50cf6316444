import type { PrimaryOptions } from './options.ts';
import { Passwords } from './passwords.ts';

/** For tests: a primary that nobody can reach. */
export const OPTIONS: PrimaryOptions = {
  server: {
    host: '192.0.2.1',
    port: 5432,
    database: 'd',
    user: 'u',
    passwords: new Passwords(['x']),
    applicationName: 'test',
    max: 10,
    min: 0,
    idleTimeoutMs: 30_000,
    connectionTimeoutMs: 2000,
  },
  queue: 5000,
  deadlineMs: 30_000,
  failoverMs: 26_000,
};
